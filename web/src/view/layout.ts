// What people call SignalWire's layouts. In: the vendor's name. Out: words; the name itself for one not heard of yet.
import { has, say } from '../words.ts'

export function layoutName(layout: string): string {
  if (has(`page-layout-${layout}`)) return say(`page-layout-${layout}`)
  const [, columns, rows] = /^(\d+)x(\d+)$/.exec(layout) ?? []
  return columns && rows ? say('page-layout-grid', { columns, rows }) : layout
}
