// The states that the coarse atlas leaves out, by their numeric ISO code, each with a point for the map: from the finer one.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { geoCentroid } from "d3-geo";
import { feature } from "topojson-client";

function countries(scale) {
  const atlas = JSON.parse(readFileSync(new URL(`node_modules/world-atlas/countries-${scale}.json`, import.meta.url)));
  return feature(atlas, atlas.objects.countries).features.filter(({ id }) => id);
}

const drawn = new Set(countries("110m").map(({ id }) => id));
const small = countries("50m").filter(({ id }) => !drawn.has(id));
const points = small.map((one) => [one.id, geoCentroid(one).map((degrees) => Math.round(100 * degrees) / 100)]);
mkdirSync(new URL("made", import.meta.url), { recursive: true });
writeFileSync(new URL("made/small.json", import.meta.url), JSON.stringify(Object.fromEntries(points)));
