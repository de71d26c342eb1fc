// Where widgets stand on the grid of a dashboard.

const meet = (one, other) =>
  one.x < other.x + other.width &&
  other.x < one.x + one.width &&
  one.y < other.y + other.height &&
  other.y < one.y + one.height;

/**
 * The places of all when one of them takes the place that it is given: those in its way go below it, and those in theirs below
 * them, and everything else stays.
 *
 * @param places of all the others
 * @param moved the place that is given
 */
export function makeRoom(places, moved) {
  const settled = [moved];
  const inOrder = [...places].sort((one, other) => one.y - other.y || one.x - other.x);
  for (const place of inOrder) {
    let { y } = place;
    for (let inWay; (inWay = settled.find((each) => meet(each, { ...place, y })));) {
      y = inWay.y + inWay.height;
    }
    settled.push({ ...place, y });
  }
  return settled;
}
