// The dashboard's queries as rules, which promtool reads: `node queries.mjs | promtool check rules /dev/stdin`.

import { readFileSync } from 'node:fs'

const { panels } = JSON.parse(readFileSync(new URL('../../deploy/grafana/greenroom.json', import.meta.url), 'utf8'))
// As Grafana fills them in.
const filled = (expr) => expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$(job|instance)\b/g, '.*')
const rules = panels.flatMap(({ id, targets = [] }) =>
  targets.map(({ expr }, n) => ({ record: `panel:${id}:${n}`, expr: filled(expr) })),
)
// JSON is YAML.
console.log(JSON.stringify({ groups: [{ name: 'dashboard', rules }] }))
