// What the pixel effects of a pass read: `numbers`, the values of each in turn, and `tables`, curves and tables of colours one after the other.

@group(0) @binding(2) var<storage, read> numbers: array<f32>;
@group(0) @binding(3) var<storage, read> tables: array<f32>;

fn number(at: u32) -> f32 { return numbers[at]; }

fn table_value(at: u32) -> f32 { return tables[at]; }

fn table_color(at: u32) -> vec3f { return vec3f(tables[at], tables[at + 1u], tables[at + 2u]); }
