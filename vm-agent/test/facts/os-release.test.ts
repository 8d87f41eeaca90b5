import { decodeOsRelease } from '@muster/vm-agent/facts/os-release.ts'
import { expect, test } from 'vitest'

test('the quoting of os-release is read, and comments and broken lines are left out', () => {
  const text = [
    '# comment',
    'ID=cernvm',
    'VERSION_ID="5.1"',
    "PRETTY_NAME='CernVM 5'",
    'NAME="never \\"used\\" here"',
    'not a line',
    'IMAGE_ID=cernvm-mini',
    'IMAGE_VERSION=2026.11',
  ].join('\n')
  expect(decodeOsRelease(text)).toEqual({
    id: 'cernvm',
    version: '5.1',
    name: 'CernVM 5',
    image: 'cernvm-mini 2026.11',
  })
})

test('a system without a pretty name is called by name and version', () => {
  expect(decodeOsRelease('NAME="Scientific \\"Linux\\""\nVERSION=6').name).toBe('Scientific "Linux" 6')
})

test('an empty or cut file gives empty facts', () => {
  expect(decodeOsRelease('')).toEqual({ id: '', version: '', name: '', image: '' })
  expect(decodeOsRelease('ID="').id).toBe('')
})
