import { Anchor, type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core'

/** Petrol, the project's color; index 7 carries white text with a contrast above 4.5. */
const petrol: MantineColorsTuple = [
  '#e3fafc',
  '#c5f0f5',
  '#99e2ec',
  '#66d0df',
  '#3bbccf',
  '#1ba3b8',
  '#108ba0',
  '#0b7285',
  '#0a6070',
  '#084c59',
]

/** Looks shared by all pages. Fonts are the system's, since the pages load nothing from elsewhere. */
export const theme = createTheme({
  primaryColor: 'petrol',
  colors: { petrol },
  primaryShade: 7,
  autoContrast: true,
  defaultRadius: 'md',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, "DejaVu Sans Mono", monospace',
  headings: {
    fontWeight: '650',
    sizes: { h1: { fontSize: '1.6rem' }, h2: { fontSize: '1.15rem' }, h3: { fontSize: '1rem' } },
  },
  respectReducedMotion: true,
  // Color alone does not tell a link from the text around it.
  components: { Anchor: Anchor.extend({ defaultProps: { underline: 'always' } }) },
})

/** Secondary text dark (or light) enough to be read: contrast above 4.5 on the page's background. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: { '--mantine-color-dimmed': '#5a6570' },
  dark: { '--mantine-color-dimmed': '#a6adb5' },
})
