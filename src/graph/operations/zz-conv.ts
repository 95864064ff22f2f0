// scratch generator
import type { ConvolutionGeometry } from './convolution';
export interface Z { P: number; V: number; reuse: boolean; sub: 'n' | 'x' | 'w'; fma: boolean; mask: boolean }
export function parse(s: string): Z {
  // e.g. p8v2r1sxf0m1
  const m = /p(\d+)v(\d+)r(\d)s(.)f(\d)m(\d)/.exec(s);
  if (!m) throw new Error('bad variant ' + s);
  return { P: +m[1], V: +m[2], reuse: m[3] === '1', sub: m[4] as 'n', fma: m[5] === '1', mask: m[6] === '1' };
}
export function body(g: ConvolutionGeometry, z: Z): { body: string; items: number } {
  const [f, h, w] = g.axes;
  const IS = g.inChannels / 4, OS = g.outChannels / 4;
  const T = Math.ceil(w.output / z.P);
  const CT = OS / z.V;
  const PT = g.batch * f.output * h.output * T;
  const L: string[] = [];
  const e = (s: string): void => void L.push(s);
  e('import package::axis_map::{input_column, input_frame, input_row};');
  e('import package::epilogue::epilogue4;');
  e('import package::types::{T0x4, T1x4, T2x4};');
  e('@group(0) @binding(0) var<storage, read_write> y: array<T0x4>;');
  e('@group(0) @binding(1) var<storage, read> x: array<T1x4>;');
  e('@group(0) @binding(2) var<storage, read> weight: array<T2x4>;');
  e('fn run(item: u32) {');
  if (z.sub === 'w') e(`let channel = (item / ${PT}u) * ${z.V}u; var rest = item % ${PT}u; let q = item & 3u;`);
  else e(`let channel = item % ${CT}u * ${z.V}u; var rest = item / ${CT}u; let q = item & 3u;`);
  e(`let column = rest % ${T}u * ${z.P}u; rest /= ${T}u; let row = rest % ${h.output}u; rest /= ${h.output}u; let frame = rest % ${f.output}u; let batch = rest / ${f.output}u;`);
  for (let p = 0; p < z.P; p++) for (let v = 0; v < z.V; v++) e(`var s${p}_${v} = vec4f();`);
  const acc = (s: string, a: string, b: string): string => (z.fma ? `${s} = fma(vec4f(${a}), ${b}, ${s});` : `${s} += ${a} * ${b};`);
  e(`for (var kf = 0; kf < ${f.kernel}; kf++) { let ff = input_frame(i32(frame), kf);`);
  if (z.sub === 'n') e('if (ff < 0) { continue; }');
  e(`for (var kh = 0; kh < ${h.kernel}; kh++) { let hh = input_row(i32(row), kh);`);
  if (z.sub === 'n') e('if (hh < 0) { continue; }');
  const linemask = z.sub !== 'n';
  if (linemask) e('let lm = select(0.0, 1.0, min(ff, hh) >= 0);');
  e(`let line = ((batch * ${f.input}u + u32(max(ff, 0))) * ${h.input}u + u32(max(hh, 0))) * ${w.input}u;`);
  const taps = (kws: number[]): void => {
    // columns needed
    const need = new Map<string, string>();
    const cols: [string, string][] = [];
    const colOf = (p: number, kw: number): string => {
      const key = String(p * w.stride + kw * w.dilation);
      let nm = need.get(key);
      if (!nm) {
        nm = `c${need.size}`;
        need.set(key, nm);
        cols.push([nm, `input_column(i32(column), 0) + ${key}`]);
        // raw position
        L.push(`let r${nm} = i32(column) * ${w.stride} + ${key} - ${w.before}; let a${nm} = (line + u32(clamp(r${nm}, 0, ${w.input - 1}))) * ${IS}u;`);
        if (z.mask) L.push(`let m${nm} = select(0.0, ${linemask ? 'lm' : '1.0'}, r${nm} >= 0 && r${nm} < ${w.input});`);
      }
      return nm;
    };
    for (const kw of kws) for (let p = 0; p < z.P; p++) colOf(p, kw);
    kws.forEach((kw) => e(`let t${kw} = u32((kf * ${h.kernel} + kh) * ${w.kernel} + ${kw}) * ${g.inChannels * OS}u + channel;`));
    e(`for (var step = 0u; step < ${IS}u; step++) {`);
    const names = cols.map(([n]) => n);
    if (z.sub === 'x') {
      // lane q loads column 4*i+q
      for (let i = 0; i < names.length; i += 4) {
        const pick = (pre: string): string => { const g4 = [0, 1, 2, 3].map((k) => `${pre}${names[Math.min(i + k, names.length - 1)]}`); return `select(select(${g4[0]}, ${g4[1]}, q == 1u), select(${g4[2]}, ${g4[3]}, q == 3u), q >= 2u)`; };
        L.splice(L.length - 1, 0, `let la${i} = ${pick('a')};`, ...(z.mask ? [`let lm${i} = ${pick('m')};`] : []));
        e(`let l${i} = vec4f(x[la${i} + step])${z.mask ? ` * lm${i}` : ''};`);
        for (let k = 0; k < 4 && i + k < names.length; k++) e(`let x${names[i + k]} = quadBroadcast(l${i}, ${k}u);`);
      }
    } else for (const n of names) e(`let x${n} = vec4f(x[a${n} + step])${z.mask ? ` * m${n}` : ''};`);
    for (const kw of kws) for (let v = 0; v < z.V; v++) {
      if (z.sub === 'w') {
        e(`let wl${kw}_${v} = vec4f(weight[t${kw} + (4u * step + q) * ${OS}u + ${v}u]);`);
        for (let c = 0; c < 4; c++) e(`let w${kw}_${v}_${c} = quadBroadcast(wl${kw}_${v}, ${c}u);`);
      } else for (let c = 0; c < 4; c++) e(`let w${kw}_${v}_${c} = vec4f(weight[t${kw} + (4u * step + ${c}u) * ${OS}u + ${v}u]);`);
      for (let p = 0; p < z.P; p++) for (let c = 0; c < 4; c++) e(acc(`s${p}_${v}`, `x${colOf(p, kw)}.${'xyzw'[c]}`, `w${kw}_${v}_${c}`));
    }
    e('}');
  };
  const all = Array.from({ length: w.kernel }, (_, k) => k);
  if (z.reuse) taps(all); else for (const k of all) { e('{'); taps([k]); e('}'); }
  e('} }');
  e(`let to = ((batch * ${f.output}u + frame) * ${h.output}u + row) * ${w.output}u + column;`);
  for (let p = 0; p < z.P; p++) {
    e(`if (column + ${p}u < ${w.output}u) {`);
    for (let v = 0; v < z.V; v++) e(`{ let at = (to + ${p}u) * ${OS}u + channel + ${v}u; y[at] = T0x4(epilogue4(s${p}_${v}, at * 4u)); }`);
    e('}');
  }
  e('}');
  return { body: L.join('\n') + '\n', items: PT * CT };
}
