// What operators are given fits the program: every alert has its page in the runbook, nothing is asked of Prometheus that
// src/telemetry.rs does not count, and no variable is named that nobody reads. `node --test`.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const alerts = read('deploy/prometheus/alerts.yml')
const dashboard = JSON.parse(read('deploy/grafana/greenroom.json'))
const runbook = read('docs/runbook.md')

const all = (text, pattern) => [...text.matchAll(pattern)]
const names = all(alerts, /^ *- alert: (\w+)$/gm).map(([, name]) => name)

/** Every metric with its labels, as `telemetry.rs` counts them. */
const counted = (() => {
  const source = read('src/telemetry.rs')
  const metrics = new Map()
  const consts = new Map(all(source, /const (\w+): &str = "(greenroom_\w+)";/g).map(([, name, metric]) => [name, metric]))
  for (const [, kind, name, labels] of all(source, /\b(counter|gauge|histogram)!\(\s*(\w+)((?:\s*,\s*"\w+" => (?:[^,()]|\([^()]*\))+)*)/g)) {
    const metric = consts.get(name)
    const named = all(labels, /"(\w+)" =>/g).map(([, label]) => label)
    const shown = kind === 'histogram' ? ['_bucket', '_sum', '_count'].map((end) => metric + end) : [metric]
    for (const each of shown) metrics.set(each, new Set([...named, ...(each.endsWith('_bucket') ? ['le'] : [])]))
  }
  assert.ok(metrics.size >= consts.size, 'every metric is found')
  return metrics
})()

/** Labels that Prometheus itself adds. */
const OF_PROMETHEUS = ['job', 'instance']

/** What an expression asks for that nobody counts. */
const unknown = (expression) =>
  all(expression, /(greenroom_\w+)(?:\{([^}]*)\})?/g).flatMap(([, metric, selector = '']) => {
    const labels = counted.get(metric)
    if (!labels) return [metric]
    const asked = all(selector, /(\w+)\s*(?:=~|!~|!=|=)\s*"/g).map(([, label]) => label)
    return asked.filter((label) => !labels.has(label) && !OF_PROMETHEUS.includes(label)).map((label) => `${metric}{${label}}`)
  })

const expressions = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
const variables = dashboard.templating.list.filter(({ type }) => type === 'query').map(({ query }) => query)

test('every alert has a heading of its name, with what is seen, the first look and what mends it', () => {
  assert.ok(names.length > 0)
  assert.equal(new Set(names).size, names.length, 'no name twice')
  const chapters = new Map(runbook.split(/^## /m).slice(1).map((chapter) => [chapter.split('\n', 1)[0], chapter]))
  for (const name of names) {
    const chapter = chapters.get(name)
    assert.ok(chapter, `docs/runbook.md has no heading ${name}`)
    for (const part of ['**People see**', '**First look**', '**Mend**']) assert.ok(chapter.includes(part), `${name}: ${part}`)
  }
  const headings = [...chapters.keys()].filter((heading) => heading.startsWith('Greenroom'))
  assert.deepEqual(headings.filter((heading) => !names.includes(heading)), [], 'no heading without an alert')
})

test('no two panels have one id or lie on one another', () => {
  const { panels } = dashboard
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
  const lies = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
  for (const [n, { gridPos, title }] of panels.entries())
    for (const other of panels.slice(n + 1)) assert.ok(!lies(gridPos, other.gridPos), `${title} and ${other.title}`)
})

test('every alert leads to its heading', () => {
  const links = all(alerts, /^ *runbook: docs\/runbook\.md#(\w+)$/gm).map(([, anchor]) => anchor)
  assert.deepEqual(links, names.map((name) => name.toLowerCase()))
})

test('of every alert it is tested that it wakes somebody', () => {
  const tested = all(read('deploy/prometheus/alerts_test.yml'), /^ *alertname: (\w+)\n *exp_alerts:$/gm).map(([, name]) => name)
  assert.deepEqual(names.filter((name) => !tested.includes(name)), [])
})

test('alerts and dashboard ask for what is counted, by labels that are there', () => {
  assert.deepEqual(unknown(alerts), [])
  assert.ok(expressions.length > 0)
  assert.deepEqual([...expressions, ...variables].flatMap(unknown), [])
})

test('every metric is on the dashboard', () => {
  const shown = [...expressions, ...variables].join('\n')
  const missing = [...counted.keys()].map((metric) => metric.replace(/_(bucket|sum|count)$/, ''))
  assert.deepEqual([...new Set(missing)].filter((metric) => !shown.includes(metric)), [])
})

test('what nobody counts is noticed', () => {
  assert.deepEqual(unknown('rate(greenroom_nothing_total[5m])'), ['greenroom_nothing_total'])
  assert.deepEqual(unknown('greenroom_relay_connected{why="x",job="y"}'), ['greenroom_relay_connected{why}'])
  assert.deepEqual(unknown('greenroom_relay_refused{why="x"} + greenroom_joining_seconds_bucket{part="whole",le="1"}'), [])
})

test('every variable that is set or spoken of is one of .env.example', () => {
  const known = new Set(all(read('.env.example'), /^#?([A-Z_]+)=/gm).map(([, name]) => name))
  assert.ok(known.has('DISCORD_TOKEN') && known.has('METRICS_ADDR'))
  const others = /^(POSTGRES_|AF_|NO_COLOR$)/ // the database's own, systemd's, and everybody's
  for (const path of ['deploy/compose.yaml', 'deploy/Caddyfile', 'deploy/systemd/greenroom.service', 'docs/operations.md', 'docs/runbook.md']) {
    const named = all(read(path), /\b[A-Z]+(?:_[A-Z]+)+\b/g).map(([name]) => name)
    assert.deepEqual(named.filter((name) => !known.has(name) && !others.test(name)), [], path)
  }
})

test('the image is built with the Rust and a Node that the project asks for', () => {
  const dockerfile = read('deploy/Dockerfile')
  const [, rust] = read('Cargo.toml').match(/^rust-version = "([\d.]+)"$/m)
  assert.match(dockerfile, new RegExp(`^FROM rust:${rust.replace('.', '\\.')}-`, 'm'))
  const [, least] = JSON.parse(read('web/package.json')).engines.node.match(/^>=(\d+)/)
  const [, node] = dockerfile.match(/^FROM node:(\d+)-/m)
  assert.ok(Number(node) >= Number(least))
})
