// Starting up, failures, devices, threads.
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>
#include <malloc.h>
#include <torch/version.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>

#include "guard.h"
#include "kernels.h"

namespace {

thread_local std::string message;
thread_local ct_status status = CT_OK;
std::atomic<int64_t> live{0};
std::atomic<bool> portable{false};
std::string cuda_message = "libtorch_cuda is not beside libtorch_cpu";

std::string first_line(const std::string &text) { return text.substr(0, text.find('\n')); }

// What the kernel would give a process that asks: free pages and caches it can drop.
std::optional<int64_t> available_bytes() {
  std::ifstream lines("/proc/meminfo");
  std::string name, unit;
  for (int64_t size = 0; lines >> name >> size; std::getline(lines, unit))
    if (name == "MemAvailable:") return size * 1024;
  return std::nullopt;
}

c10::Device device_of(ct_device device) {
  return device.kind == CT_CUDA ? c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(device.index))
                                : c10::Device(c10::kCPU);
}

}  // namespace

namespace ct {

void clear_failure() { status = CT_OK; }

void remember_failure(const std::exception &error) {
  const auto *torch_error = dynamic_cast<const c10::Error *>(&error);
  const std::string text = torch_error ? torch_error->what_without_backtrace() : error.what();
  const bool out_of_memory = dynamic_cast<const c10::OutOfMemoryError *>(&error) != nullptr ||
                             dynamic_cast<const std::bad_alloc *>(&error) != nullptr ||
                             text.find("can't allocate memory") != std::string::npos ||
                             text.find("Storage size calculation overflowed") != std::string::npos;
  status = out_of_memory ? CT_OUT_OF_MEMORY : CT_FAILED;
  message = first_line(text);
}

ct_tensor wrap(at::Tensor tensor) {
  auto handle = reinterpret_cast<ct_tensor>(new at::Tensor(std::move(tensor)));
  live += 1;
  return handle;
}

bool fused(const at::Tensor &t) {
  return t.is_cpu() && (t.scalar_type() == at::kFloat || t.scalar_type() == at::kBFloat16) && !portable.load();
}

}  // namespace ct

extern "C" {

const char *ct_version(void) { return TORCH_VERSION; }
ct_status ct_last_status(void) { return status; }
const char *ct_error_message(void) { return message.c_str(); }

void ct_start(void) {
  static const bool once = [] {
    // glibc hands large blocks back to the kernel when they are freed and faults every page in again at the next step.
    // Training frees and takes the same blocks over and over: keeping them saves a quarter of the time in float32.
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, -1);
    // A GPU build of libtorch has its kernels in a library of its own, which registers itself when it is loaded.
    Dl_info info;
    if (dladdr(reinterpret_cast<void *>(&at::get_num_threads), &info) && info.dli_fname) {
      std::string path = info.dli_fname;
      path = path.substr(0, path.rfind('/') + 1) + "libtorch_cuda.so";
      if (access(path.c_str(), R_OK) == 0) {
        if (dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL)) {
          cuda_message.clear();
        } else if (const char *error = dlerror()) {
          cuda_message = error;
        }
      }
    }
    return true;
  }();
  (void)once;
}

int32_t ct_cuda_device_count(void) {
  try {
    if (!at::globalContext().hasCUDA()) return 0;
    return c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA).deviceCount();
  } catch (const std::exception &error) {
    cuda_message = first_line(error.what());
    return 0;
  }
}

const char *ct_cuda_load_message(void) { return cuda_message.c_str(); }

ct_status ct_device_memory(ct_device device, int64_t *free_bytes, int64_t *total_bytes) {
  return ct::act([&] {
    if (device.kind == CT_CPU) {
      const int64_t page = sysconf(_SC_PAGESIZE);
      *free_bytes = available_bytes().value_or(sysconf(_SC_AVPHYS_PAGES) * page);
      *total_bytes = sysconf(_SC_PHYS_PAGES) * page;
      return;
    }
    // cudaMemGetInfo, found at run time: this file is built without CUDA's headers.
    using MemGetInfo = int (*)(size_t *, size_t *);
    auto call = reinterpret_cast<MemGetInfo>(dlsym(RTLD_DEFAULT, "cudaMemGetInfo"));
    TORCH_CHECK(call != nullptr, "cudaMemGetInfo was not found: is the CUDA runtime library loaded?");
    c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA).setDevice(device_of(device));
    size_t free_now = 0, total = 0;
    TORCH_CHECK(call(&free_now, &total) == 0, "the GPU did not say how much memory it has");
    *free_bytes = static_cast<int64_t>(free_now);
    *total_bytes = static_cast<int64_t>(total);
  });
}

int32_t ct_thread_count(void) { return at::get_num_threads(); }
ct_status ct_set_thread_count(int32_t count) {
  return ct::act([&] {
    TORCH_CHECK(count > 0, "the number of threads must be above 0, not ", count);
    at::set_num_threads(count);
  });
}
int64_t ct_live_tensors(void) { return live.load(); }
void ct_set_portable_kernels(bool on) { portable = on; }
const char *ct_cpu_kernels(void) { return ct::kernels().name; }

ct_tensor ct_share(ct_tensor t) {
  return ct::make([&] { return ct::read(t); });
}

void ct_release(ct_tensor t) {
  if (!t) return;
  delete reinterpret_cast<at::Tensor *>(t);
  live -= 1;
}

}  // extern "C"
