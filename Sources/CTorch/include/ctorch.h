// libtorch behind a C face.
//
// A function that makes a tensor returns a handle, or NULL when it failed; one that only acts returns CT_OK or the kind
// of failure. After a failure ct_error_message() says what happened, for the calling thread. No function owns what it
// was lent, none lets a C++ exception pass. Handles are released with ct_release.
#pragma once
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_tensor_s *ct_tensor;

typedef enum { CT_OK = 0, CT_FAILED = 1, CT_OUT_OF_MEMORY = 2 } ct_status;

typedef enum {
  CT_FLOAT32 = 0,
  CT_BFLOAT16 = 1,
  CT_FLOAT64 = 2,
  CT_INT32 = 3,
  CT_INT64 = 4,
  CT_BOOL = 5,
  CT_UINT8 = 6,
  CT_FLOAT16 = 7,
} ct_dtype;

typedef enum { CT_CPU = 0, CT_CUDA = 1 } ct_device_kind;

typedef struct {
  int32_t kind;   // ct_device_kind
  int32_t index;  // which GPU; 0 for the CPU
} ct_device;

// MARK: The library

const char *ct_version(void);
ct_status ct_last_status(void);
const char *ct_error_message(void);
// Loads libtorch_cuda from beside libtorch_cpu when it is there, and keeps freed memory in the process.
void ct_start(void);
int32_t ct_cuda_device_count(void);
const char *ct_cuda_load_message(void);
ct_status ct_device_memory(ct_device device, int64_t *free_bytes, int64_t *total_bytes);
int32_t ct_thread_count(void);
ct_status ct_set_thread_count(int32_t count);
// Tensors made and not yet released, in the whole process.
int64_t ct_live_tensors(void);
// true: the fused CPU kernels step aside for their ATen counterparts (what a GPU runs). For tests.
void ct_set_portable_kernels(bool on);
const char *ct_cpu_kernels(void);

// MARK: Tensors

void ct_release(ct_tensor t);
// Another handle of the same tensor.
ct_tensor ct_share(ct_tensor t);
ct_tensor ct_from_data(const void *data, ct_dtype dtype, const int64_t *shape, int32_t rank, ct_device device);
ct_tensor ct_full(double value, ct_dtype dtype, const int64_t *shape, int32_t rank, ct_device device);
ct_tensor ct_empty(ct_dtype dtype, const int64_t *shape, int32_t rank, ct_device device);
ct_tensor ct_to(ct_tensor t, ct_dtype dtype, ct_device device);
// Row-major bytes of `t` into `out`, which has room for `bytes`; another size is an error.
ct_status ct_copy_out(ct_tensor t, void *out, int64_t bytes);
// Overwrites `t` with row-major bytes of its own dtype.
ct_status ct_copy_in(ct_tensor t, const void *data, int64_t bytes);
// The memory of a contiguous CPU tensor; NULL for any other.
void *ct_cpu_data(ct_tensor t);
int32_t ct_rank(ct_tensor t);
int64_t ct_size(ct_tensor t, int32_t axis);
int64_t ct_count(ct_tensor t);
ct_dtype ct_dtype_of(ct_tensor t);
ct_device ct_device_of(ct_tensor t);

ct_tensor ct_reshape(ct_tensor t, const int64_t *shape, int32_t rank);
ct_tensor ct_transpose(ct_tensor t, int32_t a, int32_t b);
ct_tensor ct_narrow(ct_tensor t, int32_t axis, int64_t start, int64_t length);
ct_tensor ct_contiguous(ct_tensor t);
ct_tensor ct_clone(ct_tensor t);
ct_tensor ct_detach(ct_tensor t);
ct_tensor ct_cat(const ct_tensor *ts, int32_t count, int32_t axis);
ct_tensor ct_index_select(ct_tensor t, int32_t axis, ct_tensor indices);
ct_tensor ct_gather(ct_tensor t, int32_t axis, ct_tensor indices);

ct_tensor ct_add(ct_tensor a, ct_tensor b);
ct_tensor ct_sub(ct_tensor a, ct_tensor b);
ct_tensor ct_mul(ct_tensor a, ct_tensor b);
ct_tensor ct_div(ct_tensor a, ct_tensor b);
ct_tensor ct_add_scalar(ct_tensor a, double b);
ct_tensor ct_mul_scalar(ct_tensor a, double b);
ct_tensor ct_matmul(ct_tensor a, ct_tensor b);
ct_tensor ct_neg(ct_tensor a);
ct_tensor ct_exp(ct_tensor a);
ct_tensor ct_log(ct_tensor a);
ct_tensor ct_sqrt(ct_tensor a);
ct_tensor ct_square(ct_tensor a);
ct_tensor ct_tanh(ct_tensor a);
ct_tensor ct_sigmoid(ct_tensor a);
ct_tensor ct_log_sigmoid(ct_tensor a);
ct_tensor ct_sum(ct_tensor a);
ct_tensor ct_mean(ct_tensor a);
ct_tensor ct_sum_axis(ct_tensor a, int32_t axis, bool keep);
ct_tensor ct_max_axis(ct_tensor a, int32_t axis);
ct_tensor ct_argmax(ct_tensor a, int32_t axis);
ct_tensor ct_log_softmax(ct_tensor a, int32_t axis);
// The k largest along the last axis, the largest first, and where they stand (int64).
ct_status ct_top_k(ct_tensor a, int64_t k, ct_tensor *values, ct_tensor *indices);
ct_tensor ct_singular_values(ct_tensor a);
// [R]: the singular values of b a, for b: [O, R] and a: [R, D], from matrices no larger than [R, R].
ct_tensor ct_low_rank_singular_values(ct_tensor a, ct_tensor b);
// [count] values: the sum of a's rows in each of `count` groups; `groups` names the group of each row.
ct_tensor ct_sum_groups(ct_tensor a, ct_tensor groups, int64_t count);
ct_status ct_add_(ct_tensor a, ct_tensor b);
ct_status ct_mul_scalar_(ct_tensor a, double b);
ct_status ct_zero_(ct_tensor a);
ct_status ct_copy_(ct_tensor a, ct_tensor b);
ct_status ct_all_finite(ct_tensor a, bool *result);

// MARK: Autograd

void ct_set_grad_enabled(bool on);
bool ct_grad_enabled(void);
ct_status ct_set_requires_grad(ct_tensor t, bool on);
bool ct_requires_grad(ct_tensor t);
ct_status ct_backward(ct_tensor t, ct_tensor gradient_or_null);
ct_tensor ct_grad(ct_tensor t);  // NULL with CT_OK when there is none
ct_status ct_set_grad(ct_tensor t, ct_tensor gradient);

// A piece of a graph with two inputs and two outputs. It owns the handles it is given and gives away those it hands
// back; a failure is its status, with the message in `failure` (at most 511 characters).
typedef ct_status (*ct_piece)(
    void *context, ct_tensor a, ct_tensor b, ct_tensor *a_out, ct_tensor *b_out, char failure[512]);
// Runs `piece` without keeping anything but its inputs (in the CPU's memory where `offload`), and runs it again when the
// gradient comes back (Chen et al. 2016). `release` is called once nothing can ask for it any more.
ct_status ct_recomputed(
    ct_piece piece, void *context, void (*release)(void *context), ct_tensor a, ct_tensor b, bool offload,
    ct_tensor *a_out, ct_tensor *b_out);

// MARK: The decoder's operations. Fused on the CPU in float32 and bfloat16, ATen's own elsewhere; differentiable.

// A low-rank update of some output columns for some rows:
// y[row_start ..< +row_count, column ..< +columns] += scale * dropout(x) a^T b^T, a: [R, D], b: [columns, R], float32.
typedef struct {
  ct_tensor a, b;
  int64_t column, columns;
  int64_t row_start, row_count;
  double scale;
  double dropout;
  uint64_t dropout_key;
} ct_low_rank;

// y = x w^T + bias + low-rank updates. x: [T, D], w: [O, D], bias: [O] or NULL.
ct_tensor ct_linear(ct_tensor x, ct_tensor w, ct_tensor bias, const ct_low_rank *updates, int32_t count);

// Rows of `table` [V, D] at `ids` [T] (int32 or int64), times `scale`.
ct_tensor ct_embedding(ct_tensor table, ct_tensor ids, double scale);

// x / rms(x) * w (or 1 + w). x: [T, D].
ct_tensor ct_rms_norm(ct_tensor x, ct_tensor w, double epsilon, bool add_one);

// sum = x + residual and its norm, in one pass.
ct_status ct_add_rms_norm(
    ct_tensor x, ct_tensor residual, ct_tensor w, double epsilon, bool add_one, ct_tensor *sum, ct_tensor *norm);

typedef enum { CT_SILU = 0, CT_GELU_TANH = 1 } ct_activation;
// activation(gate) * up for gate_up: [T, 2F], gate first.
ct_tensor ct_gated(ct_tensor gate_up, ct_activation activation);

// A run of tokens that attends, causally, to itself and, wholly, to the spans before it in its chain of parents.
typedef struct {
  int64_t start, length;
  int32_t parent;  // index of an earlier span, or -1
} ct_span;

typedef struct {
  int32_t heads, kv_heads, channels;
  double scale;
  double soft_cap;  // 0: none
  int64_t window;   // a token sees keys less than `window` positions back; 0: all
  ct_tensor q_norm, k_norm;  // [C] or NULL
  double epsilon;
  bool add_one;
} ct_attention_shape;

// qkv: [T, (H + 2K) C], cos and sin: [T, C] float32.
// Returns [T, H C]. Where k_out and v_out ([T, K, C], not NULL) are given, the turned keys and the values are put there.
ct_tensor ct_attention(
    ct_tensor qkv, ct_tensor cos, ct_tensor sin, const ct_span *spans, int32_t span_count, const ct_attention_shape *shape,
    ct_tensor k_out, ct_tensor v_out);

// One new token for each of B rows. Row b sees prefix_length[b] keys from prefix_start[b] in prefix_k, prefix_v
// ([P, K, C]), then suffix_length[b] keys of its slot in suffix_k, suffix_v ([S, M, K, C]), then itself; its own key
// and value are written into the slot at suffix_length[b]. No gradient.
ct_tensor ct_decode_attention(
    ct_tensor qkv, ct_tensor cos, ct_tensor sin, const ct_attention_shape *shape, ct_tensor prefix_k,
    ct_tensor prefix_v, ct_tensor suffix_k, ct_tensor suffix_v, const int64_t *prefix_start,
    const int64_t *prefix_length, const int64_t *slot, const int64_t *suffix_length);

// log p(target) for each row of hidden [n, D] under softmax(cap(hidden head^T)), float32, `chunk` rows at a time.
// Where a gradient is wanted, what it needs of the softmax is folded into [n, D] at once: no logits are kept.
ct_tensor ct_token_logprobs(ct_tensor hidden, ct_tensor head, ct_tensor targets, double soft_cap, int64_t chunk);

// MARK: Optimiser and sampling

// One AdamW step (Loshchilov & Hutter 2019) on float32 vectors, in place; `step` counts from 1.
ct_status ct_adamw(
    ct_tensor parameters, ct_tensor gradients, ct_tensor m, ct_tensor v, double lr, double beta1, double beta2,
    double epsilon, double weight_decay, int64_t step, double gradient_scale);

// Draws an id for each row of logits [B, V] by the inverse of its cumulative distribution at uniform[b], after
// temperature, then top_k (0: all), then top_p. temperature 0 takes the most likely. Writes the id and its log-prob
// under the untempered, uncut softmax.
ct_status ct_sample(
    ct_tensor logits, const double *uniform, double temperature, int64_t top_k, double top_p, int32_t *ids,
    float *logprobs);

#ifdef __cplusplus
}
#endif
