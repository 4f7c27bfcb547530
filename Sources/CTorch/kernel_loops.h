// The loops themselves. Included by kernels.cpp once per instruction set, inside a namespace of its own.

static inline float load1(const float *p) { return *p; }
static inline float load1(const bf16 *p) { return __builtin_bit_cast(float, static_cast<uint32_t>(p->bits) << 16); }
static inline void store1(float *p, float v) { *p = v; }
static inline void store1(bf16 *p, float v) {
  // To the nearest, ties to even; a NaN stays one.
  const uint32_t u = __builtin_bit_cast(uint32_t, v);
  const uint32_t rounded = (u + 0x7fffu + ((u >> 16) & 1u)) >> 16;
  p->bits = static_cast<uint16_t>((u & 0x7fffffffu) > 0x7f800000u ? 0x7fc0u : rounded);
}
static inline float round_to(const float *, float v) { return v; }
static inline float round_to(const bf16 *, float v) {
  bf16 b;
  store1(&b, v);
  return load1(&b);
}

// e^x to within two units in the last place, for x in the range of float; below it 0, above it infinity's neighbourhood.
static inline float exp1(float x) {
  const float clamped = x < -87.0f ? -87.0f : (x > 88.0f ? 88.0f : x);
  const float n = __builtin_rintf(clamped * 1.44269504088896341f);
  const float r = (clamped - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const float y = p * r * r + r + 1.0f;
  const int32_t scale = (static_cast<int32_t>(n) + 127) << 23;
  const float e = y * __builtin_bit_cast(float, scale);
  return x < -87.0f ? 0.0f : e;
}

static inline float tanh1(float x) {
  const float e = exp1(-2.0f * (x < 0 ? -x : x));
  const float t = (1.0f - e) / (1.0f + e);
  return x < 0 ? -t : t;
}

static float max_of(const float *x, int64_t count) {
  float m[16];
  for (int j = 0; j < 16; j++) m[j] = -__builtin_inff();
  int64_t i = 0;
  for (; i + 16 <= count; i += 16)
    for (int j = 0; j < 16; j++) m[j] = x[i + j] > m[j] ? x[i + j] : m[j];
  for (; i < count; i++) m[0] = x[i] > m[0] ? x[i] : m[0];
  float best = m[0];
  for (int j = 1; j < 16; j++) best = m[j] > best ? m[j] : best;
  return best;
}

static float dot(const float *a, const float *b, int64_t count) {
#pragma clang fp reassociate(on) contract(fast)
  float s = 0;
  for (int64_t i = 0; i < count; i++) s += a[i] * b[i];
  return s;
}

static void axpy(float a, const float *x, float *y, int64_t count) {
#pragma clang fp contract(fast)
  for (int64_t i = 0; i < count; i++) y[i] += a * x[i];
}

template <typename T>
static float root_mean_square(const T *x, int64_t width, float eps) {
#pragma clang fp reassociate(on) contract(fast)
  float s = 0;
  for (int64_t i = 0; i < width; i++) s += load1(x + i) * load1(x + i);
  return 1.0f / __builtin_sqrtf(s / static_cast<float>(width) + eps);
}

template <typename T>
static void scale_norm(const T *x, const T *w, T *y, float rstd, int64_t width, bool add_one) {
  if (add_one) {
    for (int64_t i = 0; i < width; i++) store1(y + i, load1(x + i) * rstd * (1.0f + load1(w + i)));
  } else {
    // The normalised value is rounded to storage before the weight, as the reference does.
    for (int64_t i = 0; i < width; i++) store1(y + i, load1(w + i) * round_to(x, load1(x + i) * rstd));
  }
}

template <typename T>
static void rms_norm(const T *x, const T *w, T *y, float *rstd, int64_t rows, int64_t width, float eps, bool add_one) {
  for (int64_t r = 0; r < rows; r++) {
    rstd[r] = root_mean_square(x + r * width, width, eps);
    scale_norm(x + r * width, w, y + r * width, rstd[r], width, add_one);
  }
}

template <typename T>
static void add_rms_norm(const T *x, const T *other, const T *w, T *sum, T *y, float *rstd, int64_t rows, int64_t width,
                         float eps, bool add_one) {
  for (int64_t r = 0; r < rows; r++) {
    T *s = sum + r * width;
    for (int64_t i = 0; i < width; i++) store1(s + i, load1(x + r * width + i) + load1(other + r * width + i));
    rstd[r] = root_mean_square(s, width, eps);
    scale_norm(s, w, y + r * width, rstd[r], width, add_one);
  }
}

template <typename T>
static void rms_norm_backward(const T *x, const T *w, const float *rstd, const T *dy, const T *dsum, T *dx, int64_t rows,
                              int64_t width, bool add_one) {
#pragma clang fp reassociate(on) contract(fast)
  const float one = add_one ? 1.0f : 0.0f;
  for (int64_t r = 0; r < rows; r++) {
    const T *xr = x + r * width, *dyr = dy + r * width;
    float along = 0;
    for (int64_t i = 0; i < width; i++) along += load1(dyr + i) * (one + load1(w + i)) * load1(xr + i);
    const float s = rstd[r], k = along * s * s * s / static_cast<float>(width);
    if (dsum) {
      for (int64_t i = 0; i < width; i++)
        store1(dx + r * width + i, load1(dsum + r * width + i) + load1(dyr + i) * (one + load1(w + i)) * s - load1(xr + i) * k);
    } else {
      for (int64_t i = 0; i < width; i++)
        store1(dx + r * width + i, load1(dyr + i) * (one + load1(w + i)) * s - load1(xr + i) * k);
    }
  }
}

static inline float silu1(float g) { return g / (1.0f + exp1(-g)); }
static inline float gelu_tanh1(float g) {
  return 0.5f * g * (1.0f + tanh1(0.7978845608028654f * (g + 0.044715f * g * g * g)));
}

template <typename T>
static void gated(const T *gate_up, T *y, int64_t rows, int64_t width, int activation) {
  for (int64_t r = 0; r < rows; r++) {
    const T *g = gate_up + r * 2 * width, *u = g + width;
    T *o = y + r * width;
    if (activation == 0) {
      for (int64_t i = 0; i < width; i++) store1(o + i, round_to(g, silu1(load1(g + i))) * load1(u + i));
    } else {
      for (int64_t i = 0; i < width; i++) store1(o + i, round_to(g, gelu_tanh1(load1(g + i))) * load1(u + i));
    }
  }
}

template <typename T>
static void gated_backward(const T *gate_up, const T *dy, T *d_gate_up, int64_t rows, int64_t width, int activation) {
  for (int64_t r = 0; r < rows; r++) {
    const T *g = gate_up + r * 2 * width, *u = g + width, *d = dy + r * width;
    T *dg = d_gate_up + r * 2 * width, *du = dg + width;
    if (activation == 0) {
      for (int64_t i = 0; i < width; i++) {
        const float x = load1(g + i), s = 1.0f / (1.0f + exp1(-x)), dv = load1(d + i);
        store1(dg + i, dv * load1(u + i) * s * (1.0f + x * (1.0f - s)));
        store1(du + i, dv * x * s);
      }
    } else {
      for (int64_t i = 0; i < width; i++) {
        const float x = load1(g + i), dv = load1(d + i);
        const float t = tanh1(0.7978845608028654f * (x + 0.044715f * x * x * x));
        const float slope = 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * 0.7978845608028654f * (1.0f + 0.134145f * x * x);
        store1(dg + i, dv * load1(u + i) * slope);
        store1(du + i, dv * 0.5f * x * (1.0f + t));
      }
    }
  }
}

template <typename T>
static void add_low_rank(T *y, int64_t y_stride, const float *xa, const float *bt, float scale, int64_t rows,
                         int64_t columns, int64_t rank) {
#pragma clang fp contract(fast)
  for (int64_t t = 0; t < rows; t++) {
    T *o = y + t * y_stride;
    int64_t r = 0;
    for (; r + 4 <= rank; r += 4) {
      const float c0 = scale * xa[t * rank + r], c1 = scale * xa[t * rank + r + 1], c2 = scale * xa[t * rank + r + 2],
                  c3 = scale * xa[t * rank + r + 3];
      const float *b0 = bt + r * columns, *b1 = b0 + columns, *b2 = b1 + columns, *b3 = b2 + columns;
      for (int64_t i = 0; i < columns; i++) store1(o + i, load1(o + i) + c0 * b0[i] + c1 * b1[i] + c2 * b2[i] + c3 * b3[i]);
    }
    for (; r < rank; r++) {
      const float c = scale * xa[t * rank + r];
      const float *b = bt + r * columns;
      for (int64_t i = 0; i < columns; i++) store1(o + i, load1(o + i) + c * b[i]);
    }
  }
}

template <typename T>
static void project(const T *x, int64_t x_stride, const float *a, float *xa, int64_t rows, int64_t width, int64_t rank) {
#pragma clang fp reassociate(on) contract(fast)
  for (int64_t t = 0; t < rows; t++) {
    const T *row = x + t * x_stride;
    for (int64_t r = 0; r < rank; r++) {
      const float *ar = a + r * width;
      float s = 0;
      for (int64_t i = 0; i < width; i++) s += load1(row + i) * ar[i];
      xa[t * rank + r] = s;
    }
  }
}

template <typename T>
static void outer(const float *left, const T *right, int64_t right_stride, float *out, int64_t rows, int64_t columns,
                  int64_t rank) {
#pragma clang fp contract(fast)
  for (int64_t t = 0; t < rows; t++) {
    const T *row = right + t * right_stride;
    for (int64_t r = 0; r < rank; r++) {
      const float c = left[t * rank + r];
      float *o = out + r * columns;
      for (int64_t i = 0; i < columns; i++) o[i] += c * load1(row + i);
    }
  }
}

template <typename T>
static void turn(const T *x, int64_t x_stride, const T *norm, float eps, bool add_one, const float *cos, const float *sin,
                 float *out, int64_t rows, int64_t channels) {
  const int64_t half = channels / 2;
  for (int64_t t = 0; t < rows; t++) {
    const T *row = x + t * x_stride;
    float *o = out + t * channels;
    const float *c = cos + t * channels, *s = sin + t * channels;
    if (norm) {
      const float rstd = root_mean_square(row, channels, eps);
      for (int64_t i = 0; i < channels; i++)
        o[i] = add_one ? load1(row + i) * rstd * (1.0f + load1(norm + i))
                       : load1(norm + i) * round_to(row, load1(row + i) * rstd);
    } else {
      for (int64_t i = 0; i < channels; i++) o[i] = load1(row + i);
    }
    for (int64_t i = 0; i < half; i++) {
      const float a = o[i], b = o[i + half];
      o[i] = a * c[i] - b * s[i];
      o[i + half] = b * c[i + half] + a * s[i + half];
    }
  }
}

template <typename T>
static void turn_backward(const T *x, int64_t x_stride, const T *norm, float eps, bool add_one, const float *cos,
                          const float *sin, float *d, T *dx, int64_t dx_stride, int64_t rows, int64_t channels) {
#pragma clang fp reassociate(on) contract(fast)
  const int64_t half = channels / 2;
  for (int64_t t = 0; t < rows; t++) {
    float *g = d + t * channels;
    const float *c = cos + t * channels, *s = sin + t * channels;
    for (int64_t i = 0; i < half; i++) {
      const float a = g[i], b = g[i + half];
      g[i] = a * c[i] + b * s[i + half];
      g[i + half] = b * c[i + half] - a * s[i];
    }
    T *o = dx + t * dx_stride;
    if (norm) {
      const T *row = x + t * x_stride;
      const float rstd = root_mean_square(row, channels, eps), one = add_one ? 1.0f : 0.0f;
      float along = 0;
      for (int64_t i = 0; i < channels; i++) along += g[i] * (one + load1(norm + i)) * load1(row + i);
      const float k = along * rstd * rstd * rstd / static_cast<float>(channels);
      for (int64_t i = 0; i < channels; i++)
        store1(o + i, g[i] * (one + load1(norm + i)) * rstd - load1(row + i) * k);
    } else {
      for (int64_t i = 0; i < channels; i++) store1(o + i, g[i]);
    }
  }
}

template <typename T>
static void scores(const float *q, int64_t heads, const T *k, int64_t k_stride, int64_t count, int64_t channels, float *s,
                   int64_t s_stride) {
#pragma clang fp reassociate(on) contract(fast)
  for (int64_t j = 0; j < count; j++) {
    const T *key = k + j * k_stride;
    for (int64_t g = 0; g < heads; g++) {
      float sum = 0;
      for (int64_t i = 0; i < channels; i++) sum += q[g * channels + i] * load1(key + i);
      s[g * s_stride + j] = sum;
    }
  }
}

template <typename T>
static void mix(const float *p, int64_t p_stride, int64_t heads, const T *v, int64_t v_stride, int64_t count,
                int64_t channels, float *out) {
#pragma clang fp contract(fast)
  for (int64_t j = 0; j < count; j++) {
    const T *value = v + j * v_stride;
    for (int64_t g = 0; g < heads; g++) {
      const float w = p[g * p_stride + j];
      for (int64_t i = 0; i < channels; i++) out[g * channels + i] += w * load1(value + i);
    }
  }
}

template <typename T>
static void load(const T *x, int64_t x_stride, float *out, int64_t rows, int64_t width) {
  for (int64_t t = 0; t < rows; t++)
    for (int64_t i = 0; i < width; i++) out[t * width + i] = load1(x + t * x_stride + i);
}

template <typename T>
static void store(const float *x, T *out, int64_t out_stride, int64_t rows, int64_t width, const float *row_scale) {
  for (int64_t t = 0; t < rows; t++) {
    const float s = row_scale ? row_scale[t] : 1.0f;
    for (int64_t i = 0; i < width; i++) store1(out + t * out_stride + i, x[t * width + i] * s);
  }
}

static void soften(float *s, int64_t stride, int64_t rows, int64_t columns, const int32_t *from, const int32_t *to,
                   float scale, float cap, float *maximum, float *sum) {
#pragma clang fp reassociate(on) contract(fast)
  for (int64_t r = 0; r < rows; r++) {
    float *row = s + r * stride;
    const int64_t lo = from[r], hi = to[r];
    for (int64_t i = 0; i < lo; i++) row[i] = 0;
    for (int64_t i = hi; i < columns; i++) row[i] = 0;
    if (cap > 0) {
      for (int64_t i = lo; i < hi; i++) row[i] = cap * tanh1(row[i] * scale / cap);
    } else {
      for (int64_t i = lo; i < hi; i++) row[i] = row[i] * scale;
    }
    const float m = max_of(row + lo, hi - lo);
    float total = 0;
    for (int64_t i = lo; i < hi; i++) {
      const float e = exp1(row[i] - m);
      row[i] = e;
      total += e;
    }
    maximum[r] = m;
    sum[r] = total;
  }
}

static void reweigh(float *s, int64_t stride, int64_t rows, int64_t columns, const int32_t *from, const int32_t *to,
                    float scale, float cap, const float *lse, float *slope) {
#pragma clang fp contract(fast)
  for (int64_t r = 0; r < rows; r++) {
    float *row = s + r * stride;
    const int64_t lo = from[r], hi = to[r];
    for (int64_t i = 0; i < lo; i++) row[i] = 0;
    for (int64_t i = hi; i < columns; i++) row[i] = 0;
    if (cap > 0) {
      float *k = slope + r * stride;
      for (int64_t i = lo; i < hi; i++) {
        const float t = tanh1(row[i] * scale / cap);
        k[i] = 1.0f - t * t;
        row[i] = exp1(cap * t - lse[r]);
      }
    } else {
      for (int64_t i = lo; i < hi; i++) row[i] = exp1(row[i] * scale - lse[r]);
    }
  }
}

static void score_gradient(const float *p, float *dp, int64_t stride, int64_t rows, int64_t columns, const float *delta,
                           float scale, const float *slope) {
  for (int64_t r = 0; r < rows; r++) {
    const float *pr = p + r * stride;
    float *dr = dp + r * stride;
    const float d = delta[r];
    if (slope) {
      // Outside a row's limits p is 0 but slope was never written: choose, don't multiply.
      const float *k = slope + r * stride;
      for (int64_t i = 0; i < columns; i++) dr[i] = pr[i] == 0.0f ? 0.0f : pr[i] * (dr[i] - d) * scale * k[i];
    } else {
      for (int64_t i = 0; i < columns; i++) dr[i] = pr[i] * (dr[i] - d) * scale;
    }
  }
}

static void transpose(const float *x, int64_t x_stride, float *y, int64_t y_stride, int64_t rows, int64_t columns) {
  int64_t r = 0;
  for (; r + 16 <= rows; r += 16) {
    for (int64_t c = 0; c < columns; c++)
      for (int j = 0; j < 16; j++) y[c * y_stride + r + j] = x[(r + j) * x_stride + c];
  }
  for (; r < rows; r++)
    for (int64_t c = 0; c < columns; c++) y[c * y_stride + r] = x[r * x_stride + c];
}

static void log_prob(float *logits, int64_t rows, int64_t vocabulary, const int64_t *targets, float cap, bool keep,
                     float *logprob, float *target_slope) {
#pragma clang fp reassociate(on) contract(fast)
  for (int64_t r = 0; r < rows; r++) {
    float *row = logits + r * vocabulary;
    float slope_at_target = 1.0f;
    if (cap > 0) {
      for (int64_t i = 0; i < vocabulary; i++) row[i] = cap * tanh1(row[i] / cap);
      const float t = row[targets[r]] / cap;
      slope_at_target = 1.0f - t * t;
    }
    const float at_target = row[targets[r]], m = max_of(row, vocabulary);
    double total = 0;
    // Sums of 1024 in float32, then double: a vocabulary of 150,000 keeps its last digits.
    for (int64_t start = 0; start < vocabulary; start += 1024) {
      const int64_t end = start + 1024 < vocabulary ? start + 1024 : vocabulary;
      float part = 0;
      if (keep && cap <= 0) {
        for (int64_t i = start; i < end; i++) {
          const float e = exp1(row[i] - m);
          row[i] = e;
          part += e;
        }
      } else {
        for (int64_t i = start; i < end; i++) part += exp1(row[i] - m);
      }
      total += part;
    }
    const float log_total = static_cast<float>(__builtin_log(total));
    logprob[r] = at_target - m - log_total;
    if (!keep) continue;
    target_slope[r] = slope_at_target;
    const float inverse = static_cast<float>(1.0 / total);
    if (cap > 0) {
      for (int64_t i = 0; i < vocabulary; i++) {
        const float t = row[i] / cap;
        row[i] = exp1(row[i] - m) * inverse * (1.0f - t * t);
      }
    } else {
      for (int64_t i = 0; i < vocabulary; i++) row[i] *= inverse;
    }
  }
}

static float exponentials(const float *x, float *e, int64_t count, float inverse_temperature, double *sum) {
#pragma clang fp reassociate(on) contract(fast)
  const float m = max_of(x, count);
  double total = 0;
  for (int64_t start = 0; start < count; start += 1024) {
    const int64_t end = start + 1024 < count ? start + 1024 : count;
    float part = 0;
    for (int64_t i = start; i < end; i++) {
      e[i] = exp1((x[i] - m) * inverse_temperature);
      part += e[i];
    }
    total += part;
  }
  *sum = total;
  return m;
}

template <typename T>
static constexpr RowKernels<T> rows_of() {
  return {rms_norm<T>, add_rms_norm<T>, rms_norm_backward<T>, gated<T>, gated_backward<T>, add_low_rank<T>, project<T>,
          outer<T>,    turn<T>,         turn_backward<T>,     scores<T>, mix<T>, load<T>,  store<T>};
}

static Kernels table(const char *name) {
  return {name,      rows_of<float>(), rows_of<bf16>(), soften, reweigh, score_gradient, transpose, log_prob,
          exponentials, dot,           axpy};
}
