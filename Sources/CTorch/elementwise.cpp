// RMSNorm (Zhang & Sennrich 2019) and gated activations (Shazeer 2020).
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "guard.h"
#include "kernels.h"
#include "parallel.h"

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::variable_list;

namespace ct {
namespace {

constexpr int64_t grain = 16;

template <typename Body>
void dispatch(const Tensor &t, Body &&body) {
  if (t.scalar_type() == at::kFloat) {
    body(float());
  } else {
    body(bf16());
  }
}
template <typename T>
T *data(const Tensor &t) { return t.defined() ? static_cast<T *>(t.mutable_data_ptr()) : nullptr; }

Tensor norm_backward(
    const Tensor &x, const Tensor &w, const Tensor &rstd, const Tensor &dy_, const Tensor &dsum_, bool add_one) {
  const Tensor dy = dy_.contiguous(), dsum = dsum_.defined() ? dsum_.contiguous() : dsum_;
  Tensor dx = at::empty_like(x);
  const int64_t width = x.size(1);
  dispatch(x, [&]<typename T>(T) {
    const T *xp = data<T>(x), *wp = data<T>(w), *dyp = data<T>(dy), *dsp = data<T>(dsum);
    T *dxp = data<T>(dx);
    const float *rp = rstd.const_data_ptr<float>();
    parallel_ranges(x.size(0), grain, [&](int64_t b, int64_t e) {
      row_kernels<T>().rms_norm_backward(
          xp + b * width, wp, rp + b, dyp + b * width, dsp ? dsp + b * width : nullptr, dxp + b * width, e - b, width, add_one);
    });
  });
  return dx;
}

// d loss / d w where the weight learns: the sum over rows of dy x / rms(x).
Tensor norm_weight_gradient(const Tensor &x, const Tensor &w, const Tensor &rstd, const Tensor &dy) {
  const Tensor unit = x.to(at::kFloat) * rstd.unsqueeze(1);
  return unit.mul_(dy.to(at::kFloat)).sum(0).to(w.scalar_type());
}

struct Norm : Function<Norm> {
  static Tensor forward(AutogradContext *ctx, const Tensor &x_, const Tensor &w, double epsilon, bool add_one) {
    const Tensor x = x_.contiguous();
    Tensor y = at::empty_like(x), rstd = at::empty({x.size(0)}, x.options().dtype(at::kFloat));
    const int64_t width = x.size(1);
    dispatch(x, [&]<typename T>(T) {
      const T *xp = data<T>(x), *wp = data<T>(w);
      T *yp = data<T>(y);
      float *rp = rstd.mutable_data_ptr<float>();
      parallel_ranges(x.size(0), grain, [&](int64_t b, int64_t e) {
        row_kernels<T>().rms_norm(
            xp + b * width, wp, yp + b * width, rp + b, e - b, width, static_cast<float>(epsilon), add_one);
      });
    });
    ctx->save_for_backward({x, w, rstd});
    ctx->saved_data["add_one"] = add_one;
    return y;
  }
  static variable_list backward(AutogradContext *ctx, variable_list g) {
    const auto s = ctx->get_saved_variables();
    return {
        norm_backward(s[0], s[1], s[2], g[0], Tensor(), ctx->saved_data["add_one"].toBool()),
        ctx->needs_input_grad(1) ? norm_weight_gradient(s[0], s[1], s[2], g[0]) : Tensor(), Tensor(), Tensor()};
  }
};

struct AddNorm : Function<AddNorm> {
  static variable_list forward(
      AutogradContext *ctx, const Tensor &x_, const Tensor &r_, const Tensor &w, double epsilon, bool add_one) {
    const Tensor x = x_.contiguous(), r = r_.contiguous();
    Tensor sum = at::empty_like(x), y = at::empty_like(x), rstd = at::empty({x.size(0)}, x.options().dtype(at::kFloat));
    const int64_t width = x.size(1);
    dispatch(x, [&]<typename T>(T) {
      const T *xp = data<T>(x), *op = data<T>(r), *wp = data<T>(w);
      T *sp = data<T>(sum), *yp = data<T>(y);
      float *rp = rstd.mutable_data_ptr<float>();
      parallel_ranges(x.size(0), grain, [&](int64_t b, int64_t e) {
        row_kernels<T>().add_rms_norm(
            xp + b * width, op + b * width, wp, sp + b * width, yp + b * width, rp + b, e - b, width,
            static_cast<float>(epsilon), add_one);
      });
    });
    ctx->save_for_backward({sum, w, rstd});
    ctx->saved_data["add_one"] = add_one;
    return {sum, y};
  }
  static variable_list backward(AutogradContext *ctx, variable_list g) {
    const auto s = ctx->get_saved_variables();
    Tensor dx = g[1].defined() ? norm_backward(s[0], s[1], s[2], g[1], g[0], ctx->saved_data["add_one"].toBool()) : g[0];
    const bool learns = ctx->needs_input_grad(2) && g[1].defined();
    return {dx, dx, learns ? norm_weight_gradient(s[0], s[1], s[2], g[1]) : Tensor(), Tensor(), Tensor()};
  }
};

struct Gated : Function<Gated> {
  static Tensor forward(AutogradContext *ctx, const Tensor &x_, int64_t activation) {
    const Tensor x = x_.contiguous();
    const int64_t width = x.size(1) / 2;
    Tensor y = at::empty({x.size(0), width}, x.options());
    dispatch(x, [&]<typename T>(T) {
      const T *xp = data<T>(x);
      T *yp = data<T>(y);
      parallel_ranges(x.size(0), grain, [&](int64_t b, int64_t e) {
        row_kernels<T>().gated(xp + b * 2 * width, yp + b * width, e - b, width, static_cast<int>(activation));
      });
    });
    ctx->save_for_backward({x});
    ctx->saved_data["activation"] = activation;
    return y;
  }
  static variable_list backward(AutogradContext *ctx, variable_list g) {
    const Tensor x = ctx->get_saved_variables()[0], dy = g[0].contiguous();
    const int64_t width = x.size(1) / 2;
    const int activation = static_cast<int>(ctx->saved_data["activation"].toInt());
    Tensor dx = at::empty_like(x);
    dispatch(x, [&]<typename T>(T) {
      const T *xp = data<T>(x), *dyp = data<T>(dy);
      T *dxp = data<T>(dx);
      parallel_ranges(x.size(0), grain, [&](int64_t b, int64_t e) {
        row_kernels<T>().gated_backward(
            xp + b * 2 * width, dyp + b * width, dxp + b * 2 * width, e - b, width, activation);
      });
    });
    return {dx, Tensor()};
  }
};

Tensor portable_norm(const Tensor &x, const Tensor &w, double epsilon, bool add_one) {
  const Tensor wide = x.to(at::kFloat);
  const Tensor unit = wide * at::rsqrt(wide.square().mean(-1, true) + epsilon);
  return add_one ? (unit * (1.0 + w.to(at::kFloat))).to(x.scalar_type()) : w * unit.to(x.scalar_type());
}

}  // namespace
}  // namespace ct

extern "C" {

ct_tensor ct_rms_norm(ct_tensor x_, ct_tensor w_, double epsilon, bool add_one) {
  return ct::make([&] {
    const Tensor &x = ct::read(x_), &w = ct::read(w_);
    TORCH_CHECK(x.dim() == 2 && w.numel() == x.size(1), "rms_norm: x is ", x.sizes(), ", w is ", w.sizes());
    return ct::fused(x) && w.scalar_type() == x.scalar_type()
               ? ct::Norm::apply(x, w, epsilon, add_one)
               : ct::portable_norm(x, w, epsilon, add_one);
  });
}

ct_status ct_add_rms_norm(
    ct_tensor x_, ct_tensor residual_, ct_tensor w_, double epsilon, bool add_one, ct_tensor *sum, ct_tensor *norm) {
  return ct::act([&] {
    const Tensor &x = ct::read(x_), &r = ct::read(residual_), &w = ct::read(w_);
    TORCH_CHECK(
        x.dim() == 2 && x.sizes() == r.sizes() && w.numel() == x.size(1), "add_rms_norm: x is ", x.sizes(), ", residual is ",
        r.sizes(), ", w is ", w.sizes());
    if (ct::fused(x) && w.scalar_type() == x.scalar_type()) {
      auto both = ct::AddNorm::apply(x, r, w, epsilon, add_one);
      *sum = ct::wrap(both[0]);
      *norm = ct::wrap(both[1]);
    } else {
      const Tensor both = x + r;
      const Tensor y = ct::portable_norm(both, w, epsilon, add_one);
      *sum = ct::wrap(both);
      *norm = ct::wrap(y);
    }
  });
}

ct_tensor ct_gated(ct_tensor gate_up, ct_activation activation) {
  return ct::make([&] {
    const Tensor &x = ct::read(gate_up);
    TORCH_CHECK(x.dim() == 2 && x.size(1) % 2 == 0, "gated: gate and up are ", x.sizes());
    if (ct::fused(x)) return ct::Gated::apply(x, static_cast<int64_t>(activation));
    const int64_t width = x.size(1) / 2;
    const Tensor gate = x.narrow(1, 0, width), up = x.narrow(1, width, width);
    return (activation == CT_SILU ? at::silu(gate) : at::gelu(gate, "tanh")) * up;
  });
}

}  // extern "C"
