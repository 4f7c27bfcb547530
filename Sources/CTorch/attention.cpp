// Attention over spans of tokens: packed rows that do not see each other, and trees of them (a prompt shared by several
// completions). Grouped-query heads (Ainslie et al. 2023), RoPE (Su et al. 2021), sliding windows, soft-capping.
#include <ATen/ATen.h>
#include <ATen/native/CPUBlas.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>
#include <vector>

#include "guard.h"
#include "kernels.h"
#include "parallel.h"

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

namespace ct {
namespace {

constexpr int64_t tile = 64;

struct Shape {
  int64_t heads, kv_heads, channels, window;
  double scale, soft_cap, epsilon;
  bool add_one;
  int64_t width() const { return (heads + 2 * kv_heads) * channels; }
  int64_t group() const { return heads / kv_heads; }
};

struct Span {
  int64_t start, length, parent;
};

int64_t up_to_tile(int64_t n) { return (n + tile - 1) / tile * tile; }

// Rows of scores lie at distances drawn from a small set, since a kernel is generated for each; off the powers of two,
// where they would share cache lines' slots.
int64_t score_stride(int64_t keys) {
  int64_t stride = 256;
  while (stride < keys) stride *= 2;
  return stride + 16;
}

// Does oneDNN's small matrix product run here? It needs AVX-512 in float32.
bool has_tile_product() {
  static const bool yes = [] {
    try {
      std::vector<float> z(tile * tile, 0.0f), c(tile * tile, 0.0f);
      at::native::cpublas::brgemm(tile, tile, tile, tile, tile, tile, false, z.data(), z.data(), c.data(), false);
      return true;
    } catch (const std::exception &) {
      return false;
    }
  }();
  return yes;
}

// c[m, n] (+)= a[m, k] b[k, n], row-major, contiguous columns.
void product(
    int64_t m, int64_t n, int64_t k, const float *a, int64_t lda, const float *b, int64_t ldb, float *c, int64_t ldc,
    bool add) {
  at::native::cpublas::brgemm(m, n, k, lda, ldb, ldc, add, a, b, c, false);
}

// The spans that span `s` sees, from the root to itself.
std::vector<Span> chain(const std::vector<Span> &spans, int64_t s) {
  std::vector<Span> up;
  for (int64_t i = s; i >= 0; i = spans[i].parent) up.insert(up.begin(), spans[i]);
  return up;
}

template <typename Body>
void with_storage(const Tensor &t, Body &&body) {
  if (t.scalar_type() == at::kFloat) {
    body(static_cast<float *>(t.mutable_data_ptr()));
  } else {
    body(static_cast<bf16 *>(t.mutable_data_ptr()));
  }
}

// Keys and values of one key/value head along a chain, as float32.
struct Keys {
  int64_t count = 0, padded = 0;
  std::vector<float> k, kt, v, vt;  // k, v: [padded, C]; kt, vt: tiles of [C, 64]

  template <typename T>
  void gather(const T *qkv, const Shape &shape, const std::vector<Span> &along, const T *k_norm, const float *cos,
              const float *sin, int64_t head, bool backward) {
    const int64_t c = shape.channels, width = shape.width();
    count = 0;
    for (const Span &s : along) count += s.length;
    padded = up_to_tile(count);
    k.assign(static_cast<size_t>(padded * c), 0.0f);
    v.assign(static_cast<size_t>(padded * c), 0.0f);
    int64_t at = 0;
    for (const Span &s : along) {
      const T *row = qkv + s.start * width;
      row_kernels<T>().turn(
          row + (shape.heads + head) * c, width, k_norm, static_cast<float>(shape.epsilon), shape.add_one,
          cos + s.start * c, sin + s.start * c, k.data() + at * c, s.length, c);
      row_kernels<T>().load(row + (shape.heads + shape.kv_heads + head) * c, width, v.data() + at * c, s.length, c);
      at += s.length;
    }
    kt.resize(static_cast<size_t>(padded * c));
    for (int64_t j = 0; j < padded; j += tile) kernels().transpose(k.data() + j * c, c, kt.data() + j * c, tile, tile, c);
    if (!backward) return;
    vt.resize(static_cast<size_t>(padded * c));
    for (int64_t j = 0; j < padded; j += tile) kernels().transpose(v.data() + j * c, c, vt.data() + j * c, tile, tile, c);
  }
};

// For the rows of a block of queries, which keys each sees: [from, to).
struct Limits {
  int32_t from[tile], to[tile];
  int64_t first_tile, end;  // keys in use, in whole tiles

  Limits(int64_t before, int64_t first, int64_t rows, int64_t window, int64_t count) {
    int64_t least = count, most = 1;
    for (int64_t i = 0; i < tile; i++) {
      const int64_t position = before + first + (i < rows ? i : 0);
      to[i] = static_cast<int32_t>(position + 1);
      from[i] = static_cast<int32_t>(window > 0 && position + 1 > window ? position + 1 - window : 0);
      least = std::min<int64_t>(least, from[i]);
      most = std::max<int64_t>(most, to[i]);
    }
    first_tile = least / tile * tile;
    end = up_to_tile(most);
    // Scores are computed from first_tile on: limits count from there.
    for (int64_t i = 0; i < tile; i++) {
      from[i] -= static_cast<int32_t>(first_tile);
      to[i] -= static_cast<int32_t>(first_tile);
    }
  }
  int64_t columns() const { return end - first_tile; }
};

float *scratch(int which, int64_t count) {
  static thread_local std::vector<float> held[4];
  auto &v = held[which];
  if (static_cast<int64_t>(v.size()) < count) v.resize(static_cast<size_t>(count));
  return v.data();
}

template <typename T>
void forward_task(
    const T *qkv, const Shape &shape, const std::vector<Span> &spans, int64_t index, int64_t kv_head, const T *q_norm,
    const T *k_norm, const float *cos, const float *sin, T *out, float *lse, int64_t tokens, T *k_out, T *v_out) {
  const Span &span = spans[index];
  const int64_t c = shape.channels, g = shape.group(), width = shape.width();
  const auto along = chain(spans, index);
  Keys keys;
  keys.gather(qkv, shape, along, k_norm, cos, sin, kv_head, false);
  const int64_t before = keys.count - span.length;
  if (k_out) {
    row_kernels<T>().store(
        keys.k.data() + before * c, k_out + (span.start * shape.kv_heads + kv_head) * c, shape.kv_heads * c, span.length, c,
        nullptr);
    row_kernels<T>().store(
        keys.v.data() + before * c, v_out + (span.start * shape.kv_heads + kv_head) * c, shape.kv_heads * c, span.length, c,
        nullptr);
  }
  const int64_t stride = score_stride(keys.padded);
  float *s = scratch(0, tile * stride);
  std::vector<float> q(static_cast<size_t>(tile * c)), o(static_cast<size_t>(tile * c));
  for (int64_t h = kv_head * g; h < (kv_head + 1) * g; h++) {
    for (int64_t first = 0; first < span.length; first += tile) {
      const int64_t rows = std::min(tile, span.length - first), t = span.start + first;
      std::fill(q.begin(), q.end(), 0.0f);
      row_kernels<T>().turn(
          qkv + t * width + h * c, width, q_norm, static_cast<float>(shape.epsilon), shape.add_one, cos + t * c, sin + t * c,
          q.data(), rows, c);
      const Limits limits(before, first, rows, shape.window, keys.count);
      for (int64_t j = 0; j < limits.columns(); j += tile)
        product(tile, tile, c, q.data(), c, keys.kt.data() + (limits.first_tile + j) * c, tile, s + j, stride, false);
      float maximum[tile], sum[tile], inverse[tile];
      kernels().soften(
          s, stride, tile, limits.columns(), limits.from, limits.to, static_cast<float>(shape.scale),
          static_cast<float>(shape.soft_cap), maximum, sum);
      for (int64_t j = 0; j < limits.columns(); j += tile)
        product(tile, c, tile, s + j, stride, keys.v.data() + (limits.first_tile + j) * c, c, o.data(), c, j > 0);
      for (int64_t i = 0; i < rows; i++) {
        inverse[i] = 1.0f / sum[i];
        lse[h * tokens + t + i] = maximum[i] + std::log(sum[i]);
      }
      row_kernels<T>().store(o.data(), out + (t * shape.heads + h) * c, shape.heads * c, rows, c, inverse);
    }
  }
}

// Gradients of one span's queries, and its share of the gradients of the keys and values along its chain.
template <typename T>
void backward_task(
    const T *qkv, const Shape &shape, const std::vector<Span> &spans, int64_t index, int64_t kv_head, const T *q_norm,
    const T *k_norm, const float *cos, const float *sin, const T *out, const float *lse, const T *d_out, T *d_qkv,
    int64_t tokens, std::vector<float> &dk, std::vector<float> &dv) {
  const Span &span = spans[index];
  const int64_t c = shape.channels, g = shape.group(), width = shape.width();
  const auto along = chain(spans, index);
  Keys keys;
  keys.gather(qkv, shape, along, k_norm, cos, sin, kv_head, true);
  dk.assign(static_cast<size_t>(keys.padded * c), 0.0f);
  dv.assign(static_cast<size_t>(keys.padded * c), 0.0f);
  const int64_t before = keys.count - span.length;
  const int64_t stride = score_stride(keys.padded);
  float *p = scratch(0, tile * stride), *dp = scratch(1, tile * stride);
  float *slope = shape.soft_cap > 0 ? scratch(2, tile * stride) : nullptr;
  const size_t block = static_cast<size_t>(tile * c);
  std::vector<float> q(block), d_o(block), o(block), dq(block), turned(static_cast<size_t>(tile * tile));
  for (int64_t h = kv_head * g; h < (kv_head + 1) * g; h++) {
    for (int64_t first = 0; first < span.length; first += tile) {
      const int64_t rows = std::min(tile, span.length - first), t = span.start + first;
      std::fill(q.begin(), q.end(), 0.0f);
      std::fill(d_o.begin(), d_o.end(), 0.0f);
      std::fill(o.begin(), o.end(), 0.0f);
      row_kernels<T>().turn(
          qkv + t * width + h * c, width, q_norm, static_cast<float>(shape.epsilon), shape.add_one, cos + t * c, sin + t * c,
          q.data(), rows, c);
      row_kernels<T>().load(d_out + (t * shape.heads + h) * c, shape.heads * c, d_o.data(), rows, c);
      row_kernels<T>().load(out + (t * shape.heads + h) * c, shape.heads * c, o.data(), rows, c);
      float delta[tile], row_lse[tile];
      for (int64_t i = 0; i < tile; i++) {
        delta[i] = kernels().dot(d_o.data() + i * c, o.data() + i * c, c);
        row_lse[i] = i < rows ? lse[h * tokens + t + i] : INFINITY;  // rows beyond the span weigh nothing
      }
      const Limits limits(before, first, rows, shape.window, keys.count);
      const int64_t columns = limits.columns(), base = limits.first_tile;
      for (int64_t j = 0; j < columns; j += tile)
        product(tile, tile, c, q.data(), c, keys.kt.data() + (base + j) * c, tile, p + j, stride, false);
      kernels().reweigh(
          p, stride, tile, columns, limits.from, limits.to, static_cast<float>(shape.scale),
          static_cast<float>(shape.soft_cap), row_lse, slope);
      for (int64_t j = 0; j < columns; j += tile) {
        product(tile, tile, c, d_o.data(), c, keys.vt.data() + (base + j) * c, tile, dp + j, stride, false);
        kernels().transpose(p + j, stride, turned.data(), tile, tile, tile);
        product(tile, c, tile, turned.data(), tile, d_o.data(), c, dv.data() + (base + j) * c, c, true);
      }
      kernels().score_gradient(p, dp, stride, tile, columns, delta, static_cast<float>(shape.scale), slope);
      for (int64_t j = 0; j < columns; j += tile) {
        product(tile, c, tile, dp + j, stride, keys.k.data() + (base + j) * c, c, dq.data(), c, j > 0);
        kernels().transpose(dp + j, stride, turned.data(), tile, tile, tile);
        product(tile, c, tile, turned.data(), tile, q.data(), c, dk.data() + (base + j) * c, c, true);
      }
      row_kernels<T>().turn_backward(
          qkv + t * width + h * c, width, q_norm, static_cast<float>(shape.epsilon), shape.add_one, cos + t * c, sin + t * c,
          dq.data(), d_qkv + t * width + h * c, width, rows, c);
    }
  }
}

// Adds what every span found for the keys and values of span `index`, and turns it back.
template <typename T>
void gather_task(
    const T *qkv, const Shape &shape, const std::vector<Span> &spans, int64_t index, int64_t kv_head, const T *k_norm,
    const float *cos, const float *sin, T *d_qkv, const std::vector<std::vector<float>> &dk,
    const std::vector<std::vector<float>> &dv) {
  const Span &span = spans[index];
  const int64_t c = shape.channels, width = shape.width();
  std::vector<float> k(static_cast<size_t>(span.length * c), 0.0f), v(k.size(), 0.0f);
  for (int64_t s = 0; s < static_cast<int64_t>(spans.size()); s++) {
    int64_t at = 0;
    for (const Span &seen : chain(spans, s)) {
      if (seen.start == span.start && seen.length == span.length) {
        const size_t task = static_cast<size_t>(s * shape.kv_heads + kv_head);
        kernels().axpy(1.0f, dk[task].data() + at * c, k.data(), span.length * c);
        kernels().axpy(1.0f, dv[task].data() + at * c, v.data(), span.length * c);
        break;
      }
      at += seen.length;
    }
  }
  T *row = d_qkv + span.start * width;
  const T *x = qkv + span.start * width;
  row_kernels<T>().turn_backward(
      x + (shape.heads + kv_head) * c, width, k_norm, static_cast<float>(shape.epsilon), shape.add_one, cos + span.start * c,
      sin + span.start * c, k.data(), row + (shape.heads + kv_head) * c, width, span.length, c);
  row_kernels<T>().store(v.data(), row + (shape.heads + shape.kv_heads + kv_head) * c, width, span.length, c, nullptr);
}

struct Attend : Function<Attend> {
  static Tensor forward(
      AutogradContext *ctx, const Tensor &qkv_, const Tensor &cos, const Tensor &sin, const std::optional<Tensor> &q_norm_,
      const std::optional<Tensor> &k_norm_, const Shape &shape, const std::shared_ptr<std::vector<Span>> &spans,
      const std::optional<Tensor> &k_out_, const std::optional<Tensor> &v_out_) {
    const Tensor q_norm = q_norm_.value_or(Tensor()), k_norm = k_norm_.value_or(Tensor());
    const Tensor k_out = k_out_.value_or(Tensor()), v_out = v_out_.value_or(Tensor());
    const Tensor qkv = qkv_.contiguous();
    const int64_t tokens = qkv.size(0);
    Tensor out = at::empty({tokens, shape.heads * shape.channels}, qkv.options());
    Tensor lse = at::empty({shape.heads, tokens}, qkv.options().dtype(at::kFloat));
    with_storage(qkv, [&]<typename T>(T *x) {
      auto pointer = [](const Tensor &t) { return t.defined() ? static_cast<T *>(t.mutable_data_ptr()) : nullptr; };
      const int64_t count = static_cast<int64_t>(spans->size());
      parallel(count * shape.kv_heads, [&](int64_t task) {
        forward_task<T>(
            x, shape, *spans, task / shape.kv_heads, task % shape.kv_heads, pointer(q_norm), pointer(k_norm),
            cos.const_data_ptr<float>(), sin.const_data_ptr<float>(), pointer(out), lse.mutable_data_ptr<float>(), tokens,
            pointer(k_out), pointer(v_out));
      });
    });
    ctx->save_for_backward({qkv, cos, sin, q_norm, k_norm, out, lse});
    ctx->saved_data["whole"] = std::vector<int64_t>{shape.heads, shape.kv_heads, shape.channels, shape.window, shape.add_one};
    ctx->saved_data["real"] = std::vector<double>{shape.scale, shape.soft_cap, shape.epsilon};
    std::vector<int64_t> flat;
    for (const Span &s : *spans) flat.insert(flat.end(), {s.start, s.length, s.parent});
    ctx->saved_data["spans"] = flat;
    return out;
  }

  static variable_list backward(AutogradContext *ctx, variable_list g) {
    const auto saved = ctx->get_saved_variables();
    const auto whole = ctx->saved_data["whole"].toIntVector(), flat = ctx->saved_data["spans"].toIntVector();
    const auto real = ctx->saved_data["real"].toDoubleVector();
    const Shape shape{whole[0], whole[1], whole[2], whole[3], real[0], real[1], real[2], whole[4] != 0};
    std::vector<Span> spans;
    for (size_t i = 0; i < flat.size(); i += 3) spans.push_back({flat[i], flat[i + 1], flat[i + 2]});
    const Tensor qkv = saved[0], d_out = g[0].contiguous();
    Tensor d_qkv = at::empty_like(qkv);
    const size_t tasks = spans.size() * static_cast<size_t>(shape.kv_heads);
    std::vector<std::vector<float>> dk(tasks), dv(tasks);
    with_storage(qkv, [&]<typename T>(T *x) {
      auto pointer = [](const Tensor &t) { return t.defined() ? static_cast<T *>(t.mutable_data_ptr()) : nullptr; };
      const float *cos = saved[1].const_data_ptr<float>(), *sin = saved[2].const_data_ptr<float>();
      parallel(static_cast<int64_t>(tasks), [&](int64_t task) {
        backward_task<T>(
            x, shape, spans, task / shape.kv_heads, task % shape.kv_heads, pointer(saved[3]), pointer(saved[4]), cos, sin,
            pointer(saved[5]), saved[6].const_data_ptr<float>(), pointer(d_out), pointer(d_qkv), qkv.size(0),
            dk[static_cast<size_t>(task)], dv[static_cast<size_t>(task)]);
      });
      parallel(static_cast<int64_t>(tasks), [&](int64_t task) {
        gather_task<T>(
            x, shape, spans, task / shape.kv_heads, task % shape.kv_heads, pointer(saved[4]), cos, sin, pointer(d_qkv), dk,
            dv);
      });
    });
    variable_list result(9);
    result[0] = d_qkv;
    return result;
  }
};

// MARK: The same by ATen's operations

Tensor normed(const Tensor &x, const Tensor &w, const Shape &shape) {
  if (!w.defined()) return x;
  const Tensor wide = x.to(at::kFloat), unit = wide * at::rsqrt(wide.square().mean(-1, true) + shape.epsilon);
  return shape.add_one ? (unit * (1.0 + w.to(at::kFloat))).to(x.scalar_type()) : w * unit.to(x.scalar_type());
}

Tensor turned(const Tensor &x, const Tensor &cos, const Tensor &sin) {  // x: [T, heads, C]
  const int64_t half = x.size(2) / 2;
  const Tensor rotated = at::cat({-x.narrow(2, half, half), x.narrow(2, 0, half)}, 2);
  const Tensor wide = x.to(at::kFloat) * cos.unsqueeze(1) + rotated.to(at::kFloat) * sin.unsqueeze(1);
  return wide.to(x.scalar_type());
}

Tensor visible(int64_t before, int64_t length, int64_t window, const Tensor &like) {  // [length, before + length] bool
  const auto options = like.options().dtype(at::kLong);
  const Tensor query = at::arange(before, before + length, options).unsqueeze(1);
  const Tensor key = at::arange(before + length, options).unsqueeze(0);
  Tensor seen = key <= query;
  if (window > 0) seen = seen.logical_and(key > query - window);
  return seen;
}

// q: [n, H, C], k, v: [m, K, C] -> [n, H C]
Tensor attend_portably(const Tensor &q, const Tensor &k, const Tensor &v, const Tensor &mask, const Shape &shape) {
  const int64_t g = shape.group();
  const Tensor qh = q.transpose(0, 1), kh = k.transpose(0, 1).repeat_interleave(g, 0), vh = v.transpose(0, 1).repeat_interleave(g, 0);
  Tensor out;
  if (shape.soft_cap > 0) {
    Tensor s = at::matmul(qh, kh.transpose(1, 2)) * shape.scale;
    s = (s / shape.soft_cap).tanh() * shape.soft_cap;
    if (mask.defined()) s = s.masked_fill(mask.logical_not(), -std::numeric_limits<float>::infinity());
    out = at::matmul(at::softmax(s, -1, at::kFloat).to(q.scalar_type()), vh);
  } else {
    out = at::scaled_dot_product_attention(
        qh.unsqueeze(0), kh.unsqueeze(0), vh.unsqueeze(0),
        mask.defined() ? std::optional<Tensor>(mask) : std::nullopt, 0.0, false, shape.scale).squeeze(0);
  }
  return out.transpose(0, 1).reshape({q.size(0), shape.heads * shape.channels});
}

struct Parts {
  Tensor q, k, v;
};

Parts split(const Tensor &qkv, const Tensor &cos, const Tensor &sin, const Tensor &q_norm, const Tensor &k_norm, const Shape &shape) {
  const int64_t t = qkv.size(0), h = shape.heads, kv = shape.kv_heads, c = shape.channels;
  const Tensor all = qkv.reshape({t, h + 2 * kv, c});
  return {turned(normed(all.narrow(1, 0, h), q_norm, shape), cos, sin),
          turned(normed(all.narrow(1, h, kv), k_norm, shape), cos, sin), all.narrow(1, h + kv, kv)};
}

Tensor portable(
    const Tensor &qkv, const Tensor &cos, const Tensor &sin, const Tensor &q_norm, const Tensor &k_norm, const Shape &shape,
    const std::vector<Span> &spans, const Tensor &k_out, const Tensor &v_out) {
  const Parts parts = split(qkv, cos, sin, q_norm, k_norm, shape);
  if (k_out.defined()) {
    at::NoGradGuard quiet;
    Tensor(k_out).copy_(parts.k);
    Tensor(v_out).copy_(parts.v);
  }
  std::vector<Tensor> outs;
  for (size_t s = 0; s < spans.size(); s++) {
    std::vector<Tensor> ks, vs;
    int64_t before = 0;
    for (const Span &seen : chain(spans, static_cast<int64_t>(s))) {
      ks.push_back(parts.k.narrow(0, seen.start, seen.length));
      vs.push_back(parts.v.narrow(0, seen.start, seen.length));
      before += seen.length;
    }
    before -= spans[s].length;
    outs.push_back(attend_portably(
        parts.q.narrow(0, spans[s].start, spans[s].length), at::cat(ks, 0), at::cat(vs, 0),
        visible(before, spans[s].length, shape.window, qkv), shape));
  }
  return at::cat(outs, 0);
}

Shape checked(const ct_attention_shape *s, const Tensor &qkv, const Tensor &cos, const Tensor &sin) {
  TORCH_CHECK(
      s->heads > 0 && s->kv_heads > 0 && s->heads % s->kv_heads == 0 && s->channels > 0 && s->channels % 2 == 0,
      "attention: ", s->heads, " heads over ", s->kv_heads, " of ", s->channels, " channels");
  const Shape shape{s->heads, s->kv_heads, s->channels, s->window, s->scale, s->soft_cap, s->epsilon, s->add_one};
  TORCH_CHECK(qkv.dim() == 2 && qkv.size(1) == shape.width(), "attention: qkv is ", qkv.sizes(), ", not [T, ", shape.width(), "]");
  for (const Tensor *t : {&cos, &sin})
    TORCH_CHECK(
        t->scalar_type() == at::kFloat && t->is_contiguous() && t->dim() == 2 && t->size(0) == qkv.size(0) && t->size(1) == shape.channels,
        "attention: cos and sin must be float32 [T, C], not ", t->sizes());
  return shape;
}

}  // namespace
}  // namespace ct

extern "C" {

ct_tensor ct_attention(
    ct_tensor qkv_, ct_tensor cos_, ct_tensor sin_, const ct_span *spans_, int32_t span_count,
    const ct_attention_shape *s, ct_tensor k_out_, ct_tensor v_out_) {
  return ct::make([&] {
    const Tensor &qkv = ct::read(qkv_), &cos = ct::read(cos_), &sin = ct::read(sin_);
    const ct::Shape shape = ct::checked(s, qkv, cos, sin);
    auto spans = std::make_shared<std::vector<ct::Span>>();
    int64_t next = 0;
    for (int32_t i = 0; i < span_count; i++) {
      const ct_span &span = spans_[i];
      // In order and without gaps: every token belongs to one span.
      TORCH_CHECK(span.start == next && span.length > 0 && span.parent >= -1 && span.parent < i, "attention: bad span ", i);
      next += span.length;
      spans->push_back({span.start, span.length, span.parent});
    }
    TORCH_CHECK(next == qkv.size(0), "attention: the spans hold ", next, " tokens of ", qkv.size(0));
    const auto q_norm_given = ct::read_or_none(s->q_norm), k_norm_given = ct::read_or_none(s->k_norm);
    const Tensor q_norm = q_norm_given.value_or(Tensor()), k_norm = k_norm_given.value_or(Tensor());
    const auto k_out_given = ct::read_or_none(k_out_), v_out_given = ct::read_or_none(v_out_);
    const Tensor k_out = k_out_given.value_or(Tensor()), v_out = v_out_given.value_or(Tensor());
    for (const Tensor *t : {&k_out, &v_out})
      TORCH_CHECK(
          !t->defined() || (t->is_contiguous() && t->scalar_type() == qkv.scalar_type() && t->numel() == next * shape.kv_heads * shape.channels),
          "attention: no room for keys and values");
    const bool norms_learn = at::GradMode::is_enabled() &&
                             ((q_norm.defined() && q_norm.requires_grad()) || (k_norm.defined() && k_norm.requires_grad()));
    if (ct::fused(qkv) && ct::has_tile_product() && !norms_learn)
      return ct::Attend::apply(qkv, cos, sin, q_norm_given, k_norm_given, shape, spans, k_out_given, v_out_given);
    return ct::portable(qkv, cos, sin, q_norm, k_norm, shape, *spans, k_out, v_out);
  });
}

ct_tensor ct_decode_attention(
    ct_tensor qkv_, ct_tensor cos_, ct_tensor sin_, const ct_attention_shape *s, ct_tensor prefix_k_, ct_tensor prefix_v_,
    ct_tensor suffix_k_, ct_tensor suffix_v_, const int64_t *prefix_start, const int64_t *prefix_length, const int64_t *slot,
    const int64_t *suffix_length) {
  return ct::make([&] {
    at::NoGradGuard quiet;
    const Tensor qkv = ct::read(qkv_).contiguous(), &cos = ct::read(cos_), &sin = ct::read(sin_);
    const ct::Shape shape = ct::checked(s, qkv, cos, sin);
    const Tensor prefix_k = ct::read(prefix_k_), prefix_v = ct::read(prefix_v_);
    const Tensor suffix_k = ct::read(suffix_k_), suffix_v = ct::read(suffix_v_);
    const auto q_norm_given = ct::read_or_none(s->q_norm), k_norm_given = ct::read_or_none(s->k_norm);
    const Tensor q_norm = q_norm_given.value_or(Tensor()), k_norm = k_norm_given.value_or(Tensor());
    const int64_t rows = qkv.size(0), kv = shape.kv_heads, c = shape.channels, g = shape.group(), width = shape.width();
    for (const Tensor *t : {&prefix_k, &prefix_v, &suffix_k, &suffix_v})
      TORCH_CHECK(t->is_contiguous() && t->scalar_type() == qkv.scalar_type(), "decode_attention: caches must be contiguous, of qkv's dtype");
    TORCH_CHECK(
        prefix_k.dim() == 3 && prefix_k.sizes() == prefix_v.sizes() && prefix_k.size(1) == kv && prefix_k.size(2) == c &&
            suffix_k.dim() == 4 && suffix_k.sizes() == suffix_v.sizes() && suffix_k.size(2) == kv && suffix_k.size(3) == c,
        "decode_attention: caches of ", prefix_k.sizes(), " and ", suffix_k.sizes());
    const int64_t room = suffix_k.size(1);
    for (int64_t b = 0; b < rows; b++)
      TORCH_CHECK(
          prefix_start[b] >= 0 && prefix_length[b] >= 0 && prefix_start[b] + prefix_length[b] <= prefix_k.size(0) &&
              slot[b] >= 0 && slot[b] < suffix_k.size(0) && suffix_length[b] >= 0 && suffix_length[b] < room,
          "decode_attention: row ", b, " is outside the cache");
    Tensor out = at::empty({rows, shape.heads * c}, qkv.options());
    if (ct::fused(qkv)) {
      ct::with_storage(qkv, [&]<typename T>(T *x) {
        auto pointer = [](const Tensor &t) { return t.defined() ? static_cast<T *>(t.mutable_data_ptr()) : nullptr; };
        const T *pk = pointer(prefix_k), *pv = pointer(prefix_v);
        T *sk = pointer(suffix_k), *sv = pointer(suffix_v), *o = pointer(out);
        const float *cp = cos.const_data_ptr<float>(), *sp = sin.const_data_ptr<float>();
        const float eps = static_cast<float>(shape.epsilon);
        ct::parallel(rows, [&](int64_t b) {
          const auto &loops = ct::row_kernels<T>();
          const T *row = x + b * width;
          const int64_t before = prefix_length[b], mine = suffix_length[b] + 1, keys = before + mine;
          const int64_t from = shape.window > 0 && keys > shape.window ? keys - shape.window : 0;
          T *own_k = sk + slot[b] * room * kv * c, *own_v = sv + slot[b] * room * kv * c;
          std::vector<float> q(static_cast<size_t>(g * c)), mixed(static_cast<size_t>(g * c)), key(static_cast<size_t>(c));
          float *p = ct::scratch(3, g * keys);
          for (int64_t h = 0; h < kv; h++) {
            const int64_t last = (mine - 1) * kv * c + h * c;
            loops.turn(row + (shape.heads + h) * c, width, pointer(k_norm), eps, shape.add_one, cp + b * c, sp + b * c, key.data(), 1, c);
            loops.store(key.data(), own_k + last, c, 1, c, nullptr);
            std::copy_n(row + (shape.heads + kv + h) * c, c, own_v + last);
            for (int64_t i = 0; i < g; i++)
              loops.turn(
                  row + (h * g + i) * c, width, pointer(q_norm), eps, shape.add_one, cp + b * c, sp + b * c, q.data() + i * c, 1, c);
            loops.scores(q.data(), g, pk + prefix_start[b] * kv * c + h * c, kv * c, before, c, p, keys);
            loops.scores(q.data(), g, own_k + h * c, kv * c, mine, c, p + before, keys);
            for (int64_t i = 0; i < g; i++) {
              const int32_t lo = static_cast<int32_t>(from), hi = static_cast<int32_t>(keys);
              float maximum, sum;
              ct::kernels().soften(
                  p + i * keys, keys, 1, keys, &lo, &hi, static_cast<float>(shape.scale), static_cast<float>(shape.soft_cap),
                  &maximum, &sum);
              const float inverse = 1.0f / sum;
              for (int64_t j = lo; j < hi; j++) p[i * keys + j] *= inverse;
            }
            std::fill(mixed.begin(), mixed.end(), 0.0f);
            loops.mix(p, keys, g, pv + prefix_start[b] * kv * c + h * c, kv * c, before, c, mixed.data());
            loops.mix(p + before, keys, g, own_v + h * c, kv * c, mine, c, mixed.data());
            loops.store(mixed.data(), o + (b * shape.heads + h * g) * c, c, g, c, nullptr);
          }
        });
      });
      return out;
    }
    const ct::Parts parts = ct::split(qkv, cos, sin, q_norm, k_norm, shape);
    for (int64_t b = 0; b < rows; b++) {
      const Tensor own_k = suffix_k.select(0, slot[b]), own_v = suffix_v.select(0, slot[b]);
      own_k.select(0, suffix_length[b]).copy_(parts.k.select(0, b));
      own_v.select(0, suffix_length[b]).copy_(parts.v.select(0, b));
      Tensor k = at::cat({prefix_k.narrow(0, prefix_start[b], prefix_length[b]), own_k.narrow(0, 0, suffix_length[b] + 1)}, 0);
      Tensor v = at::cat({prefix_v.narrow(0, prefix_start[b], prefix_length[b]), own_v.narrow(0, 0, suffix_length[b] + 1)}, 0);
      if (shape.window > 0 && k.size(0) > shape.window) {
        k = k.narrow(0, k.size(0) - shape.window, shape.window);
        v = v.narrow(0, v.size(0) - shape.window, shape.window);
      }
      out.narrow(0, b, 1).copy_(ct::attend_portably(parts.q.narrow(0, b, 1), k, v, Tensor(), shape));
    }
    return out;
  });
}

}  // extern "C"
