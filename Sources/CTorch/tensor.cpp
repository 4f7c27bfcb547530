// Tensors: making, reading, reshaping, arithmetic, autograd. One line an operation.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include <cstring>
#include <vector>

#include "guard.h"

using at::Tensor;
using ct::act;
using ct::make;
using ct::read;

namespace {

at::ScalarType scalar(ct_dtype dtype) {
  switch (dtype) {
    case CT_FLOAT32: return at::kFloat;
    case CT_BFLOAT16: return at::kBFloat16;
    case CT_FLOAT64: return at::kDouble;
    case CT_INT32: return at::kInt;
    case CT_INT64: return at::kLong;
    case CT_BOOL: return at::kBool;
    case CT_UINT8: return at::kByte;
    case CT_FLOAT16: return at::kHalf;
  }
  TORCH_CHECK(false, "unknown dtype ", static_cast<int>(dtype));
}

at::Device device(ct_device d) {
  return d.kind == CT_CUDA ? at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(d.index)) : at::Device(at::kCPU);
}

at::IntArrayRef dims(const int64_t *shape, int32_t rank) { return {shape, static_cast<size_t>(rank)}; }

}  // namespace

#define OP1(name, expression) \
  ct_tensor name(ct_tensor a_) { return make([&] { const Tensor &a = read(a_); return expression; }); }
#define OP2(name, expression) \
  ct_tensor name(ct_tensor a_, ct_tensor b_) { \
    return make([&] { const Tensor &a = read(a_), &b = read(b_); return expression; }); \
  }

extern "C" {

ct_tensor ct_from_data(const void *data, ct_dtype dtype, const int64_t *shape, int32_t rank, ct_device d) {
  return make([&] {
    Tensor t = at::empty(dims(shape, rank), at::TensorOptions().dtype(scalar(dtype)));
    if (t.nbytes() > 0) std::memcpy(t.mutable_data_ptr(), data, t.nbytes());
    return d.kind == CT_CPU ? t : t.to(device(d));
  });
}
ct_tensor ct_full(double value, ct_dtype dtype, const int64_t *shape, int32_t rank, ct_device d) {
  return make([&] {
    return at::full(dims(shape, rank), value, at::TensorOptions().dtype(scalar(dtype)).device(device(d)));
  });
}
ct_tensor ct_empty(ct_dtype dtype, const int64_t *shape, int32_t rank, ct_device d) {
  return make([&] {
    return at::empty(dims(shape, rank), at::TensorOptions().dtype(scalar(dtype)).device(device(d)));
  });
}
ct_tensor ct_to(ct_tensor t, ct_dtype dtype, ct_device d) {
  return make([&] { return read(t).to(device(d), scalar(dtype)); });
}
ct_status ct_copy_out(ct_tensor t, void *out, int64_t bytes) {
  return act([&] {
    const Tensor here = read(t).detach().to(at::kCPU).contiguous();
    TORCH_CHECK(static_cast<int64_t>(here.nbytes()) == bytes, "a copy of ", here.nbytes(), " bytes into ", bytes);
    if (bytes > 0) std::memcpy(out, here.const_data_ptr(), static_cast<size_t>(bytes));
  });
}
ct_status ct_copy_in(ct_tensor t, const void *data, int64_t bytes) {
  return act([&] {
    at::NoGradGuard quiet;
    const Tensor &target = read(t);
    TORCH_CHECK(static_cast<int64_t>(target.nbytes()) == bytes, "a copy of ", bytes, " bytes into ", target.nbytes());
    if (bytes == 0) return;
    Tensor here = at::empty(target.sizes(), target.options().device(at::kCPU).requires_grad(false));
    std::memcpy(here.mutable_data_ptr(), data, static_cast<size_t>(bytes));
    target.detach().copy_(here);
  });
}
void *ct_cpu_data(ct_tensor t) {
  const Tensor &a = *reinterpret_cast<const Tensor *>(t);
  return a.is_cpu() && a.is_contiguous() ? a.mutable_data_ptr() : nullptr;
}
int32_t ct_rank(ct_tensor t) { return static_cast<int32_t>(reinterpret_cast<const Tensor *>(t)->dim()); }
int64_t ct_size(ct_tensor t, int32_t axis) {
  const Tensor &a = *reinterpret_cast<const Tensor *>(t);
  return axis >= 0 && axis < a.dim() ? a.sizes()[static_cast<size_t>(axis)] : -1;
}
int64_t ct_count(ct_tensor t) { return reinterpret_cast<const Tensor *>(t)->numel(); }
ct_dtype ct_dtype_of(ct_tensor t) {
  switch (reinterpret_cast<const Tensor *>(t)->scalar_type()) {
    case at::kFloat: return CT_FLOAT32;
    case at::kBFloat16: return CT_BFLOAT16;
    case at::kDouble: return CT_FLOAT64;
    case at::kInt: return CT_INT32;
    case at::kLong: return CT_INT64;
    case at::kBool: return CT_BOOL;
    case at::kHalf: return CT_FLOAT16;
    default: return CT_UINT8;
  }
}
ct_device ct_device_of(ct_tensor t) {
  const at::Device d = reinterpret_cast<const Tensor *>(t)->device();
  return {d.is_cuda() ? CT_CUDA : CT_CPU, d.is_cuda() ? d.index() : 0};
}

ct_tensor ct_reshape(ct_tensor t, const int64_t *shape, int32_t rank) {
  return make([&] { return read(t).reshape(dims(shape, rank)); });
}
ct_tensor ct_transpose(ct_tensor t, int32_t a, int32_t b) { return make([&] { return read(t).transpose(a, b); }); }
ct_tensor ct_narrow(ct_tensor t, int32_t axis, int64_t start, int64_t length) {
  return make([&] { return read(t).narrow(axis, start, length); });
}
OP1(ct_contiguous, a.contiguous())
OP1(ct_clone, a.clone())
OP1(ct_detach, a.detach())
ct_tensor ct_cat(const ct_tensor *ts, int32_t count, int32_t axis) {
  return make([&] {
    std::vector<Tensor> all;
    for (int32_t i = 0; i < count; i++) all.push_back(read(ts[i]));
    return at::cat(all, axis);
  });
}
ct_tensor ct_index_select(ct_tensor t, int32_t axis, ct_tensor indices) {
  return make([&] { return at::index_select(read(t), axis, read(indices)); });
}
ct_tensor ct_gather(ct_tensor t, int32_t axis, ct_tensor indices) {
  return make([&] { return at::gather(read(t), axis, read(indices)); });
}

OP2(ct_add, a + b)
OP2(ct_sub, a - b)
OP2(ct_mul, a *b)
OP2(ct_div, a / b)
OP2(ct_matmul, at::matmul(a, b))
OP1(ct_neg, -a)
OP1(ct_exp, a.exp())
OP1(ct_log, a.log())
OP1(ct_sqrt, a.sqrt())
OP1(ct_square, a.square())
OP1(ct_tanh, a.tanh())
OP1(ct_sigmoid, a.sigmoid())
OP1(ct_log_sigmoid, at::log_sigmoid(a))
OP1(ct_sum, a.sum())
OP1(ct_mean, a.mean())
OP1(ct_singular_values, at::linalg_svdvals(a))
ct_tensor ct_low_rank_singular_values(ct_tensor a_, ct_tensor b_) {
  return make([&] {
    const Tensor a = read(a_).detach(), b = read(b_).detach();
    const Tensor gram_a = a.matmul(a.t()), gram_b = b.t().matmul(b);
    if (gram_a.size(0) == 1) return (gram_a * gram_b).reshape({1}).sqrt();
    const auto [values, vectors] = at::linalg_eigh(gram_a);
    const Tensor root = vectors * values.clamp_min(0).sqrt();  // gram_a = root root^T
    return at::linalg_eigvalsh(root.t().matmul(gram_b).matmul(root)).clamp_min(0).sqrt();
  });
}
ct_tensor ct_add_scalar(ct_tensor a, double b) { return make([&] { return read(a) + b; }); }
ct_tensor ct_mul_scalar(ct_tensor a, double b) { return make([&] { return read(a) * b; }); }
ct_tensor ct_sum_axis(ct_tensor a, int32_t axis, bool keep) { return make([&] { return read(a).sum(axis, keep); }); }
ct_tensor ct_max_axis(ct_tensor a, int32_t axis) { return make([&] { return read(a).amax(axis); }); }
ct_tensor ct_argmax(ct_tensor a, int32_t axis) { return make([&] { return read(a).argmax(axis); }); }
ct_tensor ct_log_softmax(ct_tensor a, int32_t axis) { return make([&] { return at::log_softmax(read(a), axis); }); }
ct_status ct_top_k(ct_tensor a, int64_t k, ct_tensor *values, ct_tensor *indices) {
  return act([&] {
    auto [top, places] = read(a).topk(k);
    *values = ct::wrap(top);
    *indices = ct::wrap(places);
  });
}
ct_tensor ct_sum_groups(ct_tensor a, ct_tensor groups, int64_t count) {
  return make([&] { return at::zeros({count}, read(a).options()).index_add(0, read(groups), read(a)); });
}
ct_status ct_add_(ct_tensor a, ct_tensor b) { return act([&] { at::Tensor(read(a)).add_(read(b)); }); }
ct_status ct_mul_scalar_(ct_tensor a, double b) { return act([&] { at::Tensor(read(a)).mul_(b); }); }
ct_status ct_zero_(ct_tensor a) { return act([&] { at::Tensor(read(a)).zero_(); }); }
ct_status ct_copy_(ct_tensor a, ct_tensor b) { return act([&] { at::Tensor(read(a)).copy_(read(b)); }); }
ct_status ct_all_finite(ct_tensor a, bool *result) {
  return act([&] { *result = at::isfinite(read(a)).all().item<bool>(); });
}

// MARK: Autograd

void ct_set_grad_enabled(bool on) { at::GradMode::set_enabled(on); }
bool ct_grad_enabled(void) { return at::GradMode::is_enabled(); }
ct_status ct_set_requires_grad(ct_tensor t, bool on) {
  return act([&] { at::Tensor(read(t)).set_requires_grad(on); });
}
bool ct_requires_grad(ct_tensor t) { return reinterpret_cast<const Tensor *>(t)->requires_grad(); }
ct_status ct_backward(ct_tensor t, ct_tensor gradient) {
  return act([&] {
    torch::autograd::backward({read(t)}, gradient ? std::vector<Tensor>{read(gradient)} : std::vector<Tensor>{});
  });
}
ct_tensor ct_grad(ct_tensor t) {
  ct::clear_failure();
  const Tensor gradient = reinterpret_cast<const Tensor *>(t)->grad();
  return gradient.defined() ? ct::wrap(gradient) : nullptr;
}
ct_status ct_set_grad(ct_tensor t, ct_tensor gradient) {
  return act([&] { at::Tensor(read(t)).mutable_grad() = read(gradient); });
}

}  // extern "C"
