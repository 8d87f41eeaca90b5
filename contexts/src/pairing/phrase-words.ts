/** 256 plain words, one for each byte: short, known to most readers of English, none a part of another. */
export const PHRASE_WORDS: readonly string[] = `
  acorn actor album alder amber anchor apple apron attic autumn avocado badge baker bamboo banjo barley basket
  beacon beaver bishop blanket blossom border bottle branch brass bread brick bridge broom bucket button cabin
  cactus camera candle canoe canyon carbon carpet castle cedar cellar chalk cherry chimney circus citron clay
  clover cobalt cobweb coffee comet copper coral cotton cousin cradle crayon cricket crown crystal cumin curtain
  cypress daisy dancer desert diamond dinner dolphin donkey doughnut dragon drawer drummer eagle easel echo elbow
  ember engine envelope estate fabric falcon farmer feather fennel ferry fiddle fjord flame flint forest fossil
  fountain fox galaxy garden garlic geyser ginger giraffe glacier glove goblet granite guitar hammer harbor
  harvest hazel hedge helmet heron hiker honey horizon igloo indigo insect island ivory jacket jaguar jasmine
  jelly jigsaw jungle juniper kayak kernel kettle kiosk kitten ladder lagoon lantern laurel lemon library lily
  lizard lobster locket lotus lumber magnet magpie mango maple marble meadow melon mirror mitten monkey mosaic
  mountain mustard napkin nectar needle nickel nugget nutmeg oasis ocean olive onion orange orbit orchid otter
  oyster paddle palace panda paper parrot peanut pebble pepper piano pigeon pillow pirate planet plum pocket poem
  potato prairie puddle pumpkin puzzle quartz quilt rabbit raccoon radish raven ribbon river robin rocket saddle
  saffron sailor salmon sandal sapphire satin scarf school shadow shovel silver sparrow spider spruce squash
  stable summer sunset swan tailor teapot temple thunder tiger timber tomato trumpet tulip tundra tunnel turtle
  umbrella valley velvet violin volcano waffle wagon walnut whistle willow window winter wizard yellow zebra
  zipper
`
  .trim()
  .split(/\s+/)
