// Linear maps with low-rank updates (LoRA, Hu et al. 2021), and embedding.
#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/saved_variable.h>

#include <vector>

#include "guard.h"
#include "kernels.h"
#include "matmul.h"
#include "parallel.h"

using at::Tensor;
using torch::autograd::SavedVariable;
using torch::autograd::variable_list;

namespace ct {

Tensor times_transposed(const Tensor &x, const Tensor &w) {
  if (!fused(x) || x.size(0) == 0) return at::linear(x, w);
  using Op = Tensor(
      const Tensor &, const Tensor &, const std::optional<Tensor> &, std::string_view, c10::List<std::optional<at::Scalar>>,
      std::optional<std::string_view>);
  static const auto op =
      c10::Dispatcher::singleton().findSchemaOrThrow("mkldnn::_linear_pointwise", "").typed<Op>();
  // oneDNN multiplies by a plain or a transposed matrix; any other layout sends it to its reference loops.
  const bool plain = w.is_contiguous() || w.t().is_contiguous();
  return op.call(x.contiguous(), plain ? w : w.contiguous(), std::nullopt, "none", c10::List<std::optional<at::Scalar>>(), "");
}

namespace {

// Below this rank the update is a pass over memory, and a matrix product of so narrow a matrix is slower than that.
constexpr int64_t small_rank = 8;
constexpr int64_t grain = 32;

constexpr int64_t longest_chain = 1024;

struct Update {
  int64_t column, columns, row, rows;
  double scale, dropout;
  uint64_t key;
};

uint64_t mix_bits(uint64_t z) {  // SplitMix64's finaliser (Steele et al. 2014)
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

// Zero with probability p, else 1 / (1 - p); a function of (key, element) alone, so backward draws the same again.
Tensor dropout_mask(const Tensor &x, double p, uint64_t key) {
  Tensor mask = at::empty(x.sizes(), at::TensorOptions().dtype(at::kFloat));
  float *m = mask.mutable_data_ptr<float>();
  const float kept = static_cast<float>(1.0 / (1.0 - p));
  parallel_ranges(mask.numel(), 4096, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i++) {
      const double u = static_cast<double>(mix_bits(key + 0x9e3779b97f4a7c15ull * static_cast<uint64_t>(i + 1)) >> 11) * 0x1p-53;
      m[i] = u < p ? 0.0f : kept;
    }
  });
  return mask.to(x.device(), x.scalar_type());
}

template <typename Body>
void with_storage(const Tensor &t, Body &&body) {
  if (t.scalar_type() == at::kFloat) {
    body(static_cast<float *>(t.mutable_data_ptr()));
  } else {
    body(static_cast<bf16 *>(t.mutable_data_ptr()));
  }
}

bool by_kernel(const Tensor &x, int64_t rank) { return fused(x) && rank <= small_rank; }

// [n, R] float32 = x a^T
Tensor project(const Tensor &x, const Tensor &a) {
  // A strided view is multiplied as it is: a copy of it costs more than oneDNN gains on so narrow a matrix.
  if (!by_kernel(x, a.size(0))) return at::mm(x, a.t().to(x.scalar_type())).to(at::kFloat);
  const Tensor a_here = a.contiguous();
  Tensor out = at::empty({x.size(0), a.size(0)}, a.options().requires_grad(false));
  const int64_t stride = x.stride(0), width = x.size(1), rank = a.size(0);
  const float *ap = a_here.const_data_ptr<float>();
  float *op = out.mutable_data_ptr<float>();
  with_storage(x, [&]<typename T>(T *xp) {
    parallel_ranges(x.size(0), grain, [&](int64_t begin, int64_t end) {
      row_kernels<T>().project(xp + begin * stride, stride, ap, op + begin * rank, end - begin, width, rank);
    });
  });
  return out;
}

// y += scale left bt, y: a view whose rows are contiguous; left: [n, R], bt: [R, columns], float32.
void add_product(const Tensor &y, const Tensor &left, const Tensor &bt, double scale) {
  if (!by_kernel(y, bt.size(0))) {
    Tensor(y).addmm_((left * scale).to(y.scalar_type()), bt.to(y.scalar_type()));
    return;
  }
  const int64_t stride = y.stride(0), columns = y.size(1), rank = bt.size(0);
  const float *lp = left.const_data_ptr<float>(), *bp = bt.const_data_ptr<float>();
  with_storage(y, [&]<typename T>(T *yp) {
    parallel_ranges(y.size(0), grain, [&](int64_t begin, int64_t end) {
      row_kernels<T>().add_low_rank(
          yp + begin * stride, stride, lp + begin * rank, bp, static_cast<float>(scale), end - begin, columns, rank);
    });
  });
}

// [R, columns] float32 = left^T right, left: [n, R] float32.
Tensor outer_sum(const Tensor &left, const Tensor &right) {
  const int64_t rank = left.size(1), columns = right.size(1), rows = right.size(0);
  if (!by_kernel(right, rank))
    return at::mm(left.t().to(right.scalar_type()), right).to(at::kFloat);
  Tensor out = at::zeros({rank, columns}, left.options());
  const float *lp = left.const_data_ptr<float>();
  const int64_t stride = right.stride(0);
  // Split by columns, not rows: every sum is then taken in one order, by one thread.
  with_storage(right, [&]<typename T>(T *rp) {
    parallel_ranges(columns, 64, [&](int64_t begin, int64_t end) {
      std::vector<float> part(static_cast<size_t>(rank * (end - begin)), 0.0f);
      row_kernels<T>().outer(lp, rp + begin, stride, part.data(), rows, end - begin, rank);
      float *op = out.mutable_data_ptr<float>();
      for (int64_t r = 0; r < rank; r++)
        std::copy_n(part.data() + r * (end - begin), end - begin, op + r * columns + begin);
    });
  });
  return out;
}

// dy w for dy: [n, o], w: [o, k]: in float32 by stretches of w's rows, each a chain of its own.
Tensor times(const Tensor &dy, const Tensor &w) {
  const int64_t rows = w.size(0);
  if (!fused(dy) || dy.scalar_type() != at::kFloat || rows <= longest_chain || !w.is_contiguous())
    return times_transposed(dy, w.t());
  const int64_t pieces = (rows + longest_chain - 1) / longest_chain, size = (rows + pieces - 1) / pieces;
  Tensor sum;
  for (int64_t start = 0; start < rows; start += size) {
    const int64_t count = std::min(size, rows - start);
    const Tensor part = times_transposed(dy.narrow(1, start, count), w.narrow(0, start, count).t());
    sum = sum.defined() ? sum.add_(part) : part;
  }
  return sum;
}

// How autograd goes back through a linear map. A node of its own, since the number of its inputs varies: x, w, bias
// where there is one, then A and B of each update.
struct LinearBackward : torch::autograd::Node {
  SavedVariable x, w;
  std::vector<SavedVariable> ab;
  std::vector<Tensor> projected;  // x A^T of each update, [n, R] float32
  std::vector<Update> updates;
  bool has_bias = false;

  std::string name() const override { return "LinearBackward"; }

  void release_variables() override {
    x.reset_data();
    w.reset_data();
    ab.clear();
    projected.clear();
  }

  variable_list apply(variable_list &&gradients) override {
    TORCH_CHECK(projected.size() == updates.size(), "this graph was already used by a backward pass");
    const Tensor x = this->x.unpack(), w = this->w.unpack();
    const size_t first = has_bias ? 3 : 2;
    variable_list result(first + 2 * updates.size());
    if (!gradients[0].defined()) return result;
    const Tensor dy = gradients[0].contiguous();
    Tensor &dx = result[0];
    if (task_should_compute_output(0)) dx = times(dy, w);
    if (task_should_compute_output(1)) result[1] = times_transposed(dy.t().contiguous(), x.t());
    if (has_bias && task_should_compute_output(2)) result[2] = dy.sum(0);
    for (size_t i = 0; i < updates.size(); i++) {
      const Update &u = updates[i];
      const Tensor a = ab[2 * i].unpack().detach(), b = ab[2 * i + 1].unpack().detach(), &xa = projected[i];
      const Tensor dyu = dy.narrow(0, u.row, u.rows).narrow(1, u.column, u.columns);
      const Tensor dxa = project(dyu, b.t().contiguous()).mul_(u.scale);  // [n, R]
      Tensor rows = x.narrow(0, u.row, u.rows), mask;
      if (u.dropout > 0) {
        mask = dropout_mask(rows, u.dropout, u.key);
        rows = rows * mask;
      }
      if (task_should_compute_output(first + 2 * i)) result[first + 2 * i] = outer_sum(dxa, rows);
      if (task_should_compute_output(first + 2 * i + 1))
        result[first + 2 * i + 1] = outer_sum(xa, dyu).mul_(u.scale).t().contiguous();
      if (!dx.defined()) continue;
      const Tensor target = dx.narrow(0, u.row, u.rows);
      if (mask.defined()) {
        Tensor through = at::zeros_like(target);
        add_product(through, dxa, a.contiguous(), 1.0);
        Tensor(target).add_(through.mul_(mask));
      } else {
        add_product(target, dxa, a.contiguous(), 1.0);
      }
    }
    return result;
  }
};

Tensor linear(
    const Tensor &x, const Tensor &w, const std::optional<Tensor> &bias, const std::vector<Tensor> &ab,
    const std::vector<Update> &updates) {
  bool differentiable = x.requires_grad() || w.requires_grad() || (bias && bias->requires_grad());
  for (const Tensor &t : ab) differentiable = differentiable || t.requires_grad();
  differentiable = differentiable && at::GradMode::is_enabled();
  Tensor y;
  std::vector<Tensor> projected;
  {
    at::NoGradGuard quiet;
    // oneDNN adds a product up in one chain, MKL in several. Over long sums that shows in the fifth digit of the logits, where
    // a layer's output is large: these take the slower way, forward.
    const bool long_sum = x.scalar_type() == at::kFloat && x.size(1) > longest_chain;
    y = long_sum ? at::linear(x, w) : times_transposed(x, w);
    if (bias) y.add_(*bias);
    for (size_t i = 0; i < updates.size(); i++) {
      const Update &u = updates[i];
      Tensor rows = x.narrow(0, u.row, u.rows);
      if (u.dropout > 0) rows = rows * dropout_mask(rows, u.dropout, u.key);
      const Tensor xa = project(rows, ab[2 * i]);
      add_product(y.narrow(0, u.row, u.rows).narrow(1, u.column, u.columns), xa, ab[2 * i + 1].t().contiguous(), u.scale);
      projected.push_back(xa);
    }
  }
  if (!differentiable) return y;
  auto node = c10::make_intrusive<LinearBackward>();
  variable_list inputs{x, w};
  if (bias) inputs.push_back(*bias);
  inputs.insert(inputs.end(), ab.begin(), ab.end());
  node->set_next_edges(torch::autograd::collect_next_edges(inputs));
  // A frozen map without updates goes back without its input.
  if (!updates.empty() || w.requires_grad()) node->x = SavedVariable(x, false);
  node->w = SavedVariable(w, false);
  for (const Tensor &t : ab) node->ab.push_back(SavedVariable(t, false));
  node->projected = std::move(projected);
  node->updates = updates;
  node->has_bias = bias.has_value();
  torch::autograd::set_history(y, node);
  return y;
}

}  // namespace
}  // namespace ct

extern "C" {

ct_tensor ct_linear(ct_tensor x_, ct_tensor w_, ct_tensor bias_, const ct_low_rank *updates, int32_t count) {
  return ct::make([&] {
    const Tensor &x = ct::read(x_), &w = ct::read(w_);
    TORCH_CHECK(x.dim() == 2 && w.dim() == 2 && x.size(1) == w.size(1), "linear: x is ", x.sizes(), ", w is ", w.sizes());
    std::vector<Tensor> ab;
    std::vector<ct::Update> numbers;
    for (int32_t i = 0; i < count; i++) {
      const ct_low_rank &u = updates[i];
      const Tensor &a = ct::read(u.a), &b = ct::read(u.b);
      TORCH_CHECK(
          a.dim() == 2 && b.dim() == 2 && a.size(1) == w.size(1) && b.size(1) == a.size(0) && b.size(0) == u.columns,
          "low-rank update: a is ", a.sizes(), ", b is ", b.sizes(), " for x of ", x.sizes(), " and ", u.columns, " columns");
      TORCH_CHECK(a.scalar_type() == at::kFloat && b.scalar_type() == at::kFloat, "low-rank updates are float32");
      TORCH_CHECK(
          u.column >= 0 && u.column + u.columns <= w.size(0) && u.row_start >= 0 && u.row_count >= 0 &&
              u.row_start + u.row_count <= x.size(0),
          "low-rank update outside the output");
      TORCH_CHECK(u.dropout >= 0 && u.dropout < 1, "dropout must be in [0, 1), not ", u.dropout);
      if (u.row_count == 0) continue;
      ab.push_back(a);
      ab.push_back(b);
      numbers.push_back({u.column, u.columns, u.row_start, u.row_count, u.scale, u.dropout, u.dropout_key});
    }
    return ct::linear(x, w, ct::read_or_none(bias_), ab, numbers);
  });
}

ct_tensor ct_embedding(ct_tensor table, ct_tensor ids, double scale) {
  return ct::make([&] {
    Tensor rows = at::embedding(ct::read(table), ct::read(ids));
    // Gemma multiplies by sqrt(D) rounded to the storage type.
    if (scale != 1.0) rows = rows * at::scalar_tensor(scale, rows.options());
    return rows;
  });
}

}  // extern "C"
