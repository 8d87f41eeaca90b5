/**
 * Version of the second agent where a test needs two. All take this one, since each version is another executable to
 * build; it is above any that the project will have while this is so.
 */
export const NEWER_VERSION = '99.0.0'
