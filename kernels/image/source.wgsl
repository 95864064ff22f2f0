// The picture that a pass reads, pixel by pixel: RGBA with straight alpha, as bytes (`packed`, a word a pixel) or f32.

import package::types::{T1, T1x4};

@if(packed) @group(0) @binding(1) var<storage, read> source: array<T1>;
@if(!packed) @group(0) @binding(1) var<storage, read> source: array<T1x4>;

@if(packed) fn load(at: u32) -> vec4f { return unpack4x8unorm(source[at]); }
@if(!packed) fn load(at: u32) -> vec4f { return source[at]; }
