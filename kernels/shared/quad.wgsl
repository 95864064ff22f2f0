// Products of small tiles in which each of a quad's four invocations loads only its own rows of A and its own columns of B. Needs the
// subgroups feature. Entry j of a sum belongs to the column of the invocation whose number differs by j (exclusive or).

// What each invocation of the quad holds; column j is from the one whose number differs by j.
fn quad_values(x: vec4f) -> mat4x4f {
  return mat4x4f(x, quadSwapX(x), quadSwapY(x), quadSwapDiagonal(x));
}

// Four elements along the inner dimension of the quad's columns, from those of this invocation's column.
fn quad_columns(x: vec4f) -> mat4x4f {
  return transpose(quad_values(x));
}

fn accumulate(sum: vec4f, x: vec4f, columns: mat4x4f) -> vec4f {
  return sum + x.x * columns[0] + x.y * columns[1] + x.z * columns[2] + x.w * columns[3];
}

// The sums in the order of the columns: undoes the exclusive or with this invocation's number, `lane`.
fn in_column_order(sum: vec4f, lane: u32) -> vec4f {
  let pair = select(sum, sum.yxwz, (lane & 1u) != 0u);
  return select(pair, pair.zwxy, lane >= 2u);
}
