/**
 * First lines of the script. The flags keep readers of contexts from taking it for the leading script of one (they run
 * no script with flags), and with the second line `decodeContext` knows whose it is.
 */
export const SCRIPT_START = ['#!/bin/sh -eu', '# Muster bootstrap'] as const
