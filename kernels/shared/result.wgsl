// The result, written through the epilogue by vectors of four if `vector`. Binding 0.

import package::epilogue::{epilogue, epilogue4};
import package::shared::lanes::V;
import package::types::{T0, T0x4};

@if(vector) @group(0) @binding(0) var<storage, read_write> y: array<T0x4>;
@if(!vector) @group(0) @binding(0) var<storage, read_write> y: array<T0>;

// Stores element `at`, or vector `at`.
fn store(at: u32, value: V) {
  @if(vector) { y[at] = T0x4(epilogue4(value, at * 4u)); }
  @if(!vector) { y[at] = T0(epilogue(value, at)); }
}
