// The CPU's inner loops, compiled once per instruction set and chosen when the program starts.
//
// Storage is float or bfloat16 (`bf16`: the upper half of a float's bits); arithmetic is float32 throughout.
#pragma once
#include <cstdint>

namespace ct {

struct bf16 {
  uint16_t bits;
};

// Loops over the rows of a block of memory. Every function works on the rows it is given and nothing else, so that any
// split of the rows over threads gives the same bits.
template <typename T>
struct RowKernels {
  // y = x / rms(x) * w; rstd[row] = 1 / rms.
  void (*rms_norm)(const T *x, const T *w, T *y, float *rstd, int64_t rows, int64_t width, float eps, bool add_one);
  // sum = x + r first.
  void (*add_rms_norm)(
      const T *x, const T *r, const T *w, T *sum, T *y, float *rstd, int64_t rows, int64_t width, float eps, bool add_one);
  // dx = d(norm)/dx dy + dsum (dsum may be null).
  void (*rms_norm_backward)(
      const T *x, const T *w, const float *rstd, const T *dy, const T *dsum, T *dx, int64_t rows, int64_t width,
      bool add_one);
  void (*gated)(const T *gate_up, T *y, int64_t rows, int64_t width, int activation);
  void (*gated_backward)(const T *gate_up, const T *dy, T *d_gate_up, int64_t rows, int64_t width, int activation);

  // y[:, 0..<columns] += scale * xa [rows, rank] b^T, bt: [rank, columns].
  void (*add_low_rank)(
      T *y, int64_t y_stride, const float *xa, const float *bt, float scale, int64_t rows, int64_t columns, int64_t rank);
  // xa[row, r] = x[row] . a[r], a: [rank, width].
  void (*project)(const T *x, int64_t x_stride, const float *a, float *xa, int64_t rows, int64_t width, int64_t rank);
  // out[r, column] += sum over rows of left[row, r] * right[row, column].
  void (*outer)(
      const float *left, const T *right, int64_t right_stride, float *out, int64_t rows, int64_t columns, int64_t rank);

  // One head's rows out of a packed qkv, normalised where a norm is given, turned by RoPE, as float32.
  void (*turn)(
      const T *x, int64_t x_stride, const T *norm, float eps, bool add_one, const float *cos, const float *sin,
      float *out, int64_t rows, int64_t channels);
  // The reverse, for gradients: d is overwritten, then stored.
  void (*turn_backward)(
      const T *x, int64_t x_stride, const T *norm, float eps, bool add_one, const float *cos, const float *sin, float *d,
      T *dx, int64_t dx_stride, int64_t rows, int64_t channels);
  // s[g, j] = q[g] . k[j] for `heads` queries [heads, channels] that share the keys k[j] (j < count).
  void (*scores)(
      const float *q, int64_t heads, const T *k, int64_t k_stride, int64_t count, int64_t channels, float *s,
      int64_t s_stride);
  // out[g] += sum over j of p[g, j] v[j].
  void (*mix)(
      const float *p, int64_t p_stride, int64_t heads, const T *v, int64_t v_stride, int64_t count, int64_t channels,
      float *out);
  void (*load)(const T *x, int64_t x_stride, float *out, int64_t rows, int64_t width);
  void (*store)(const float *x, T *out, int64_t out_stride, int64_t rows, int64_t width, const float *row_scale);
};

struct Kernels {
  const char *name;
  RowKernels<float> f32;
  RowKernels<bf16> bf;

  // Softmax with a limit per row: s[row, 0..<limit] becomes exp(scale s - max), the rest zero; returns max and sum.
  void (*soften)(float *s, int64_t stride, int64_t rows, int64_t columns, const int32_t *from, const int32_t *to, float scale,
                 float cap, float *maximum, float *sum);
  // p = exp(scale s - lse) inside the limits, zero outside; where cap > 0, d(capped)/ds goes to slope.
  void (*reweigh)(float *s, int64_t stride, int64_t rows, int64_t columns, const int32_t *from, const int32_t *to,
                  float scale, float cap, const float *lse, float *slope);
  // p (softmax) and dp -> ds = p (dp - delta) scale [slope].
  void (*score_gradient)(const float *p, float *dp, int64_t stride, int64_t rows, int64_t columns, const float *delta,
                         float scale, const float *slope);
  void (*transpose)(const float *x, int64_t x_stride, float *y, int64_t y_stride, int64_t rows, int64_t columns);
  // Row-wise logits -> log-prob of the target, and, where softmax is wanted, s becomes the softmax (times the cap's slope).
  void (*log_prob)(float *logits, int64_t rows, int64_t vocabulary, const int64_t *targets, float cap, bool keep,
                   float *logprob, float *target_slope);
  // sum of exp((x - max) / temperature), max returned.
  float (*exponentials)(const float *x, float *e, int64_t count, float inverse_temperature, double *sum);
  float (*dot)(const float *a, const float *b, int64_t count);
  void (*axpy)(float a, const float *x, float *y, int64_t count);
};

const Kernels &kernels();

template <typename T>
const RowKernels<T> &row_kernels();
template <>
inline const RowKernels<float> &row_kernels<float>() { return kernels().f32; }
template <>
inline const RowKernels<bf16> &row_kernels<bf16>() { return kernels().bf; }

}  // namespace ct
