// Products of small tiles in which each of a quad's four invocations loads only its own rows of A and its own columns of B. Needs the
// subgroups feature. Entry j of a sum belongs to the column of the invocation whose number differs by j (exclusive or).

// What each invocation of the quad holds; column j is from the one whose number differs by j.
fn quad_values(x: vec4f) -> mat4x4f {
  return mat4x4f(x, quadSwapX(x), quadSwapY(x), quadSwapDiagonal(x));
}

// Four elements along the inner dimension of 16 columns, four by four as `quad_values` gives them.
struct Columns {
  first: mat4x4f,
  second: mat4x4f,
  third: mat4x4f,
  fourth: mat4x4f,
}

// Adds the products of x with 16 columns to as many sums.
fn accumulate(sums: mat4x4f, x: vec4f, columns: Columns) -> mat4x4f {
  return mat4x4f(
    add_products(sums[0], x, columns.first),
    add_products(sums[1], x, columns.second),
    add_products(sums[2], x, columns.third),
    add_products(sums[3], x, columns.fourth),
  );
}

// Adds the product of x with column j to entry j. One sum behind the other: drivers on the processor then keep a sum in a register
// until it is done, where vectors of sums would go through memory at every step.
fn add_products(sums: vec4f, x: vec4f, columns: mat4x4f) -> vec4f {
  return vec4f(
    add_product(sums.x, x, columns[0]),
    add_product(sums.y, x, columns[1]),
    add_product(sums.z, x, columns[2]),
    add_product(sums.w, x, columns[3]),
  );
}

fn add_product(sum: f32, x: vec4f, y: vec4f) -> f32 {
  return sum + x.x * y.x + x.y * y.y + x.z * y.z + x.w * y.w;
}

// The sums in the order of the columns: undoes the exclusive or with this invocation's number, `lane`.
fn in_column_order(sum: vec4f, lane: u32) -> vec4f {
  let pair = select(sum, sum.yxwz, (lane & 1u) != 0u);
  return select(pair, pair.zwxy, lane >= 2u);
}
