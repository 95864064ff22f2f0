// Error function by the rational approximation of Numerical Recipes' erfcc (Chebyshev), fractional error below 1.2e-7.

fn erf1(x: f32) -> f32 {
  return erf4(vec4f(x)).x;
}

fn erf4(x: vec4f) -> vec4f {
  let z = abs(x);
  let t = 1.0 / (1.0 + 0.5 * z);
  let tail = t * exp(-z * z - 1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806
    + t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277)))))))));
  return sign(x) * (1.0 - tail);
}
