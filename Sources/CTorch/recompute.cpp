// Pieces of a graph that are run twice instead of being kept: activation checkpointing (Chen et al. 2016).
#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>

#include <memory>

#include "guard.h"

using at::Tensor;
using torch::autograd::variable_list;

namespace ct {
namespace {

// The piece and what it needs, until the last graph that holds it is gone.
struct Piece {
  ct_piece run;
  void *context;
  void (*release)(void *);

  Piece(ct_piece run, void *context, void (*release)(void *)) : run(run), context(context), release(release) {}
  Piece(const Piece &) = delete;
  ~Piece() { release(context); }

  variable_list operator()(const Tensor &a, const Tensor &b) const {
    ct_tensor a_out = nullptr, b_out = nullptr;
    char failure[512] = "";
    const ct_status status = run(context, wrap(a), wrap(b), &a_out, &b_out, failure);
    failure[511] = 0;
    if (status == CT_OUT_OF_MEMORY) TORCH_CHECK_WITH(OutOfMemoryError, false, failure);
    TORCH_CHECK(status == CT_OK && a_out && b_out, failure);
    variable_list result{read(a_out), read(b_out)};
    ct_release(a_out);
    ct_release(b_out);
    return result;
  }
};

struct Recomputed : torch::autograd::Node {
  std::shared_ptr<Piece> piece;
  Tensor inputs[2];
  c10::Device device = c10::kCPU;

  std::string name() const override { return "Recomputed"; }

  void release_variables() override {
    piece.reset();
    inputs[0].reset();
    inputs[1].reset();
  }

  variable_list apply(variable_list &&gradients) override {
    TORCH_CHECK(piece, "this graph was already used by a backward pass");
    variable_list again(2), result(2);
    {
      at::AutoGradMode recording(true);
      for (int i = 0; i < 2; i++) {
        again[i] = inputs[i].to(device).detach();
        again[i].set_requires_grad(task_should_compute_output(i));
      }
      const variable_list outputs = (*piece)(again[0], again[1]);
      variable_list roots, root_gradients;
      for (int i = 0; i < 2; i++) {
        if (!gradients[i].defined() || !outputs[i].requires_grad()) continue;
        roots.push_back(outputs[i]);
        root_gradients.push_back(gradients[i]);
      }
      // A backward pass inside the one that called: what the piece's own leaves gather is gathered here.
      if (!roots.empty()) torch::autograd::backward(roots, root_gradients);
    }
    for (int i = 0; i < 2; i++) {
      if (task_should_compute_output(i)) result[i] = again[i].grad();
    }
    return result;
  }
};

}  // namespace
}  // namespace ct

extern "C" {

ct_status ct_recomputed(
    ct_piece piece, void *context, void (*release)(void *context), ct_tensor a_, ct_tensor b_, bool offload,
    ct_tensor *a_out, ct_tensor *b_out) {
  // Before anything can fail: the context is released whatever happens.
  auto held = std::make_shared<ct::Piece>(piece, context, release);
  return ct::act([&] {
    const Tensor &a = ct::read(a_), &b = ct::read(b_);
    variable_list outputs;
    {
      at::NoGradGuard quiet;
      outputs = (*held)(a.detach(), b.detach());
    }
    if (at::GradMode::is_enabled()) {
      auto node = c10::make_intrusive<ct::Recomputed>();
      node->set_next_edges(torch::autograd::collect_next_edges(a, b));
      node->piece = held;
      node->device = a.device();
      const Tensor given[2] = {a.detach(), b.detach()};
      for (int i = 0; i < 2; i++) node->inputs[i] = offload ? given[i].to(at::kCPU) : given[i];
      torch::autograd::set_history(outputs, node);
    }
    *a_out = ct::wrap(outputs[0]);
    *b_out = ct::wrap(outputs[1]);
  });
}

}  // extern "C"
