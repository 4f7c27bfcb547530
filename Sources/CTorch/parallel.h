// Work split over the threads that libtorch already keeps.
#pragma once
#include <cstdint>
#include <functional>

namespace ct {

// Runs body(task) for every task in [0, count). Tasks are dealt in order of arrival: a body must not depend on which
// thread it runs on.
void parallel(int64_t count, const std::function<void(int64_t)> &body);

// Splits [0, count) into at most one range a thread, each at least `grain` long.
void parallel_ranges(int64_t count, int64_t grain, const std::function<void(int64_t, int64_t)> &body);

}  // namespace ct
