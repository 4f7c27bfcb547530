// The one place where C++ exceptions end, and where handles are made and read.
#pragma once
#include <ATen/ATen.h>

#include <functional>

#include "ctorch.h"

namespace ct {

void remember_failure(const std::exception &error);
void clear_failure();

ct_tensor wrap(at::Tensor tensor);

inline const at::Tensor &read(ct_tensor t) {
  TORCH_CHECK(t != nullptr, "a released tensor was used");
  return *reinterpret_cast<const at::Tensor *>(t);
}

// Autograd takes an absent input as an empty optional, not as an undefined tensor.
inline std::optional<at::Tensor> read_or_none(ct_tensor t) { return t ? std::optional(read(t)) : std::nullopt; }

template <typename Body>
ct_tensor make(Body &&body) {
  try {
    clear_failure();
    return wrap(body());
  } catch (const std::exception &error) {
    remember_failure(error);
    return nullptr;
  }
}

template <typename Body>
ct_status act(Body &&body) {
  try {
    clear_failure();
    body();
    return CT_OK;
  } catch (const std::exception &error) {
    remember_failure(error);
    return ct_last_status();
  }
}

// Whether the fused CPU kernels may take `t`.
bool fused(const at::Tensor &t);

}  // namespace ct
