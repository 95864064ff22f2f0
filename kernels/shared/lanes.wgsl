// What an invocation works on at a time: four neighbouring elements if `vector`, else one.

@if(vector) alias V = vec4f;
@if(!vector) alias V = f32;
@if(vector) const LANES = 4u;
@if(!vector) const LANES = 1u;

fn total(value: V) -> f32 {
  @if(vector) { return dot(value, vec4f(1.0)); }
  @if(!vector) { return value; }
}
