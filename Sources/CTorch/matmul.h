#pragma once
#include <ATen/ATen.h>

namespace ct {

// x w^T for x: [n, k], w: [o, k] (any strides). On the CPU through oneDNN, which runs float32 at more than twice the rate
// of the MKL behind at::linear on processors that are not Intel's; float32 stays float32. No gradient.
at::Tensor times_transposed(const at::Tensor &x, const at::Tensor &w);

}  // namespace ct
