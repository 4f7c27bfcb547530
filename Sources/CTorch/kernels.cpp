#include "kernels.h"

// The same loops for each generation of processor; which one runs is asked of the processor, once.
namespace ct {

namespace baseline {
#include "kernel_loops.h"
}

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,bmi2"))), apply_to = function)
namespace avx2 {
#include "kernel_loops.h"
}
#pragma clang attribute pop

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2"))), apply_to = function)
namespace avx512 {
#include "kernel_loops.h"
}
#pragma clang attribute pop
#endif

const Kernels &kernels() {
#if defined(__x86_64__)
  static const Kernels chosen = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                                        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
                                    ? avx512::table("AVX-512")
                                : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
                                    ? avx2::table("AVX2")
                                    : baseline::table("baseline");
#else
  static const Kernels chosen = baseline::table("baseline");
#endif
  return chosen;
}

}  // namespace ct
