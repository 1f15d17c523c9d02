// Which frame a canvas shows at (left, top): the bits that hero_sheet.py draws.
const __probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
function decode(source, left = 0, top = 0) {
  __probe.canvas.width = 16;
  __probe.canvas.height = 24;
  __probe.clearRect(0, 0, 16, 24);
  __probe.drawImage(source, left, top, 16, 24, 0, 0, 16, 24);
  const data = __probe.getImageData(0, 0, 16, 24).data;
  if (data[(10 * 16 + 8) * 4 + 3] < 128) return null;  // no body: nothing drawn yet
  let number = 0;
  for (let bit = 0; bit < 4; bit++) if (data[(7 * 16 + 5 + 2 * bit) * 4] > 128) number += 1 << bit;
  return number;
}
