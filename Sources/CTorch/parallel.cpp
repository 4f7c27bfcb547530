#include "parallel.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>

// libtorch, oneDNN and MKL share one pool of threads, that of the OpenMP runtime in the wheel. Entering a parallel
// region of that very runtime, by its public entry point, uses the same threads instead of a second set. Where it is not
// found, the work runs on the calling thread.
namespace ct {
namespace {

using Region = void (*)(void (*)(void *), void *, unsigned, unsigned);

Region region() {
  static const Region found = reinterpret_cast<Region>(dlsym(RTLD_DEFAULT, "GOMP_parallel"));
  return found;
}

struct Work {
  const std::function<void(int64_t)> &body;
  const int64_t count;
  std::atomic<int64_t> next{0};
  std::mutex lock;
  std::exception_ptr failure;
};

void drain(void *data) {
  auto &work = *static_cast<Work *>(data);
  for (int64_t task; (task = work.next.fetch_add(1)) < work.count;) {
    try {
      work.body(task);
    } catch (...) {
      std::lock_guard<std::mutex> guard(work.lock);
      if (!work.failure) work.failure = std::current_exception();
      work.next = work.count;
    }
  }
}

}  // namespace

void parallel(int64_t count, const std::function<void(int64_t)> &body) {
  const int64_t threads = std::min<int64_t>(at::get_num_threads(), count);
  if (threads <= 1 || at::in_parallel_region() || !region()) {
    for (int64_t i = 0; i < count; i++) body(i);
    return;
  }
  Work work{body, count};
  region()(drain, &work, static_cast<unsigned>(threads), 0);
  if (work.failure) std::rethrow_exception(work.failure);
}

void parallel_ranges(int64_t count, int64_t grain, const std::function<void(int64_t, int64_t)> &body) {
  if (count <= 0) return;
  const int64_t pieces = std::max<int64_t>(1, std::min<int64_t>(at::get_num_threads(), count / std::max<int64_t>(1, grain)));
  const int64_t size = (count + pieces - 1) / pieces;
  parallel(pieces, [&](int64_t i) {
    const int64_t begin = i * size, end = std::min(count, begin + size);
    if (begin < end) body(begin, end);
  });
}

}  // namespace ct
