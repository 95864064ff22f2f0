// Four 8-bit floats of a word ("FP8 Formats for Deep Learning", Micikevicius et al. 2022): a sign, an exponent of the given bias, and
// the given number of bits of mantissa. Codes of NaN and infinity do not occur: loading refuses them. Both numbers are constants
// wherever this is called, so that what follows from them costs nothing.
fn fp8_values(word: u32, bias: u32, mantissa: u32) -> vec4f {
  let codes = (vec4u(word) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(0xffu);
  let magnitude = codes & vec4u(0x7fu);
  // The exponent is given f32's bias; subnormals are whole multiples of the smallest one, and never f32 subnormals on the way.
  let normal = bitcast<vec4f>((magnitude << vec4u(23u - mantissa)) + vec4u((127u - bias) << 23u));
  let smallest = bitcast<f32>((128u - bias - mantissa) << 23u);
  let value = select(normal, vec4f(magnitude) * smallest, magnitude < vec4u(1u << mantissa));
  return bitcast<vec4f>(bitcast<vec4u>(value) | ((codes & vec4u(0x80u)) << vec4u(24u)));
}
