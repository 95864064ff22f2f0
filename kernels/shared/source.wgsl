// The first operand, read by vectors of four if `vector`. Binding 1.

import package::shared::lanes::V;
import package::types::{T1, Packed1, unpack1};

@if(vector) @group(0) @binding(1) var<storage, read> x: array<Packed1>;
@if(!vector) @group(0) @binding(1) var<storage, read> x: array<T1>;

// Element `at`, or vector `at`.
@if(vector) fn load(at: u32) -> V { return unpack1(x[at]); }
@if(!vector) fn load(at: u32) -> V { return V(x[at]); }
