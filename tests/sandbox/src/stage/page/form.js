// A form that the bot opened.

import { byId, h } from './dom.js'

/** Shows the form; `submit(inputs)` is called with what was filled in, unless the visitor turns away. */
export function showForm(form, submit) {
  const dialog = byId('form')
  const inputs = form.inputs.map((input) => {
    const properties = { name: input.custom_id, required: input.required, maxlength: 4000 }
    const field = input.long
      ? h('textarea', { ...properties, rows: 4 }, input.value)
      : h('input', { ...properties, type: 'text', value: input.value, autocomplete: 'off' })
    return { field, label: h('label', {}, h('span', {}, input.label, !input.required && h('small', {}, ' (optional)')), field) }
  })
  const away = h('button.button.secondary', { type: 'button', click: () => dialog.close() }, 'Cancel')
  const send = h('button.button.primary', { type: 'submit' }, 'Submit')
  const onsubmit = () => submit(inputs.map(({ field }) => [field.name, field.value]))
  dialog.replaceChildren(
    h(
      'form',
      { method: 'dialog', submit: onsubmit },
      h('h2', { id: 'form-title' }, form.title),
      inputs.map(({ label }) => label),
      h('div.row', {}, away, send),
    ),
  )
  dialog.showModal()
}
