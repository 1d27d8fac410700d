export interface SeedProduct {
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  readonly category: string;
  readonly price: { readonly amount: number; readonly currency: 'EUR' };
  readonly onHand: number;
}

type Line = readonly [sku: string, name: string, cents: number, onHand: number, description: string];

const shelves: Readonly<Record<string, readonly Line[]>> = {
  tea: [
    [
      'TEA-SENCHA',
      'Sencha, first flush',
      1290,
      400,
      'Steamed green tea from Shizuoka, grassy and bright. 100 g.',
    ],
    ['TEA-ASSAM', 'Assam breakfast', 790, 900, 'Malty black tea, strong enough for milk. 250 g.'],
    ['TEA-MINT', 'Nana mint, dried', 490, 1200, 'Spearmint leaves from the Atlas, for the pot. 80 g.'],
    ['TEA-OOLONG', 'Roasted oolong', 1690, 260, 'Slowly roasted over charcoal; notes of chestnut. 75 g.'],
    ['TEA-PUERH', 'Pu-erh cake', 3490, 120, 'Pressed in 2016, earthy and deep. 357 g.'],
    ['TEA-CHAI', 'Masala chai blend', 890, 700, 'Black tea with cardamom, ginger and clove. 200 g.'],
    ['TEA-POT', 'Cast-iron teapot', 5900, 80, 'Holds 0.8 l, enamelled inside, with a steel strainer.'],
  ],
  spices: [
    ['SPI-SAFFRON', 'Saffron threads', 1890, 150, 'Deep red threads from Khorasan. 2 g in glass.'],
    ['SPI-SUMAC', 'Ground sumac', 550, 600, 'Tart and fruity, for salads and grilled fish. 100 g.'],
    ['SPI-ZAATAR', "Za'atar", 620, 650, 'Wild thyme, sesame and sumac. 120 g.'],
    ['SPI-CARDAMOM', 'Green cardamom pods', 990, 380, 'Whole pods, strongly scented. 60 g.'],
    ['SPI-CUMIN', 'Cumin seed', 390, 1500, 'Toast before use. 150 g.'],
    ['SPI-PAPRIKA', 'Smoked paprika', 590, 800, 'Oak-smoked and sweet, from La Vera. 75 g.'],
    ['SPI-HARISSA', 'Harissa paste', 690, 520, 'Sun-dried chilli, caraway and garlic. 190 g.'],
  ],
  ceramics: [
    ['CER-TAGINE', 'Glazed tagine', 4900, 90, 'Hand-thrown, 27 cm, for oven and table.'],
    ['CER-BOWL', 'Iznik bowl', 2900, 160, 'Painted with tulips and carnations, 18 cm.'],
    ['CER-TILE', 'Zellige tile', 350, 5000, 'Cut by hand, 10 × 10 cm, no two alike.'],
    ['CER-CUP', 'Tea glass and saucer', 1200, 440, 'Stoneware saucer, heat-proof glass.'],
    ['CER-JAR', 'Olive jar', 7900, 40, 'Unglazed, 40 cm, frost-proof.'],
    ['CER-PLATE', 'Serving plate, cobalt', 3600, 110, 'Fired twice, 32 cm.'],
    ['CER-VASE', 'Narrow vase', 3200, 130, 'Matt white slip over red clay, 24 cm.'],
  ],
  textiles: [
    ['TEX-KILIM', 'Kilim runner', 18900, 25, 'Flat-woven wool, plant-dyed, 70 × 240 cm.'],
    ['TEX-SHAWL', 'Cashmere shawl', 12900, 60, 'Woven in Srinagar, 200 × 70 cm.'],
    ['TEX-TOWEL', 'Hammam towel', 2400, 480, 'Thin cotton that dries fast, 180 × 95 cm.'],
    ['TEX-CUSHION', 'Ikat cushion cover', 3900, 210, 'Silk and cotton, 50 × 50 cm.'],
    ['TEX-SCARF', 'Block-printed scarf', 2700, 300, 'Cotton voile, printed by hand in Jaipur.'],
    ['TEX-BLANKET', 'Camel wool blanket', 9900, 70, 'Undyed, 150 × 200 cm.'],
    ['TEX-APRON', 'Linen apron', 3400, 190, 'Washed linen with a deep pocket.'],
  ],
  lamps: [
    ['LAM-MOSAIC', 'Mosaic lamp', 6900, 75, 'Coloured glass set by hand, 25 cm, E14.'],
    ['LAM-LANTERN', 'Pierced brass lantern', 8400, 55, 'Throws a pattern of stars. 40 cm.'],
    ['LAM-OIL', 'Oil lamp', 1900, 230, 'Glazed clay, burns olive oil.'],
    ['LAM-PENDANT', 'Copper pendant', 11900, 45, 'Hammered, unlacquered, 30 cm.'],
    ['LAM-CANDLE', 'Filigree candle holder', 1500, 340, 'Cut tin for a tea light.'],
    ['LAM-CHAIN', 'Lamp chain and rose', 2200, 150, 'Brass, 1.2 m, with a ceiling rose.'],
    ['LAM-SHADE', 'Parchment shade', 4600, 65, 'Goatskin with henna drawing, 35 cm.'],
  ],
  leather: [
    ['LEA-POUF', 'Leather pouf', 13900, 50, 'Goat leather, stitched by hand, unfilled.'],
    ['LEA-SLIPPER', 'Babouche slippers', 4200, 260, 'Soft calf leather with a leather sole.'],
    ['LEA-BAG', 'Market bag', 8900, 95, 'Thick saddle leather, riveted handles.'],
    ['LEA-BELT', 'Plain belt', 3800, 280, 'Bridle leather, solid brass buckle.'],
    ['LEA-BOOK', 'Bound notebook', 2600, 420, 'Handmade paper, 192 pages, A5.'],
    ['LEA-WALLET', 'Card wallet', 2900, 360, 'Six cards and a note, one piece of leather.'],
    ['LEA-TRAY', 'Valet tray', 3300, 170, 'Folds flat, brass snaps.'],
  ],
};

/** What the shop sells after its first start: 42 products on six shelves. */
export const catalogue: readonly SeedProduct[] = Object.entries(shelves).flatMap(([category, lines]) =>
  lines.map(([sku, name, cents, onHand, description]) => ({
    sku,
    name,
    description,
    category,
    price: { amount: cents, currency: 'EUR' as const },
    onHand,
  })),
);
