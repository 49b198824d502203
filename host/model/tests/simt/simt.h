// A stand-in for a GPU, so that g++ compiles a `.cu` file and the CPU runs it: each thread of a block is a fiber, and a
// barrier or shuffle goes on to the next fiber until all have come to it. Fibers run in an order that chance decides
// anew each time round, and one warp of each block runs only when no other can: what relies on an order fails.
//
// It shows wrong indices and masks, barriers that are missing in a block or not reached by all, numbers that are read
// before anything wrote them (shared memory begins as NaN), and, under AddressSanitizer, accesses outside of an array.
// It does not show what hardware alone decides: the order of memory across blocks, races inside a warp, and speed.
#pragma once

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <algorithm>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <vector>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#else
// Nobody has to be told that another stack is in use.
inline void __sanitizer_start_switch_fiber(void **, const void *, size_t) {}
inline void __sanitizer_finish_switch_fiber(void *, const void **, size_t *) {}
#endif

#define __global__
#define __device__
#define __forceinline__ inline
#define __grid_constant__
#define __launch_bounds__(threads)
#define SHARED_FLOATS(name) float *name = simt::shared_memory

struct float4 {
    float x, y, z, w;
} __attribute__((aligned(16)));

struct dim3 {
    unsigned x = 1, y = 1, z = 1;
};

struct __half {
    _Float16 value;
};
inline float __half2float(__half half) { return (float)half.value; }

struct __nv_bfloat16 {
    uint16_t bits;
};
inline float __bfloat162float(__nv_bfloat16 narrow) {
    uint32_t bits = (uint32_t)narrow.bits << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// Rounded to the nearest, to even between two; for what stands beside kernels.
inline void narrow(float value, float &to) { to = value; }
inline void narrow(float value, __half &to) { to.value = (_Float16)value; }
inline void narrow(float value, __nv_bfloat16 &to) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    to.bits = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

using std::max;
using std::min;

static dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace simt {

// Where threads wait for each other, again and again.
struct Barrier {
    unsigned threads, arrived;
    uint64_t generation;
};

struct Fiber {
    ucontext_t context;
    std::vector<char> stack;
    bool ended;
    // What it waits for, until that has another generation.
    const Barrier *barrier;
    uint64_t generation;

    bool can_run() const { return !ended && (!barrier || barrier->generation != generation); }
};

static float *shared_memory;
static std::vector<Fiber> fibers;
static Barrier whole_block;
static std::vector<Barrier> warps;
static ucontext_t scheduler;
static const void *scheduler_stack;
static size_t scheduler_stack_size;
static unsigned current;
static std::function<void()> kernel;
static std::vector<uint32_t> exchanged;
static std::mt19937 chance(7);
// Barriers of the block that ran, by place, and the one that is left out.
static std::set<std::string> barriers;
static std::string left_out;

[[noreturn]] inline void fail(const char *what) {
    fprintf(stderr, "block (%u, %u, %u), thread %u: %s\n", blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x, what);
    exit(3);
}

// Goes on with the others.
inline void yield() {
    Fiber &fiber = fibers[current];
    void *kept;
    __sanitizer_start_switch_fiber(&kept, scheduler_stack, scheduler_stack_size);
    swapcontext(&fiber.context, &scheduler);
    __sanitizer_finish_switch_fiber(kept, nullptr, nullptr);
}

inline void run_fiber() {
    __sanitizer_finish_switch_fiber(nullptr, &scheduler_stack, &scheduler_stack_size);
    kernel();
    Fiber &fiber = fibers[current];
    fiber.ended = true;
    __sanitizer_start_switch_fiber(nullptr, scheduler_stack, scheduler_stack_size);
    swapcontext(&fiber.context, &scheduler);
}

// Waits until as many threads have come to `barrier` as belong to it.
inline void wait(Barrier &barrier) {
    Fiber &fiber = fibers[current];
    fiber.barrier = &barrier;
    fiber.generation = barrier.generation;
    if (++barrier.arrived == barrier.threads) {
        barrier.arrived = 0;
        barrier.generation++;
    } else {
        yield();
    }
    fiber.barrier = nullptr;
}

inline void block_barrier(const char *file, int line) {
    const char *name = strrchr(file, '/');
    std::string place = std::string(name ? name + 1 : file) + ":" + std::to_string(line);
    barriers.insert(place);
    if (place != left_out) {
        wait(whole_block);
    }
}

inline void warp_barrier() {
    wait(warps[current / 32]);
}

inline float shuffle_xor(unsigned lanes, float value, int by) {
    if (lanes != 0xffffffffu || blockDim.x % 32) {
        fail("a shuffle of less than a warp");
    }
    memcpy(&exchanged[current], &value, sizeof value);
    warp_barrier();
    memcpy(&value, &exchanged[current ^ by], sizeof value);
    warp_barrier();
    return value;
}

// Whether there was anything to run.
inline bool run_on(unsigned number) {
    Fiber &fiber = fibers[number];
    if (!fiber.can_run()) {
        return false;
    }
    current = number;
    threadIdx = {number, 0, 0};
    void *kept;
    __sanitizer_start_switch_fiber(&kept, fiber.stack.data(), fiber.stack.size());
    swapcontext(&scheduler, &fiber.context);
    __sanitizer_finish_switch_fiber(kept, nullptr, nullptr);
    return true;
}

// Runs `what`, a call of a kernel, for each thread of each block; blocks one after the other, in an order that chance
// decides. `shared_floats` is a launch's dynamic shared memory.
inline void launch(dim3 grid, unsigned threads, size_t shared_floats, std::function<void()> what) {
    const size_t stack = 256 << 10;
    gridDim = grid;
    blockDim = {threads, 1, 1};
    kernel = std::move(what);
    exchanged.assign(threads, 0);
    std::vector<dim3> blocks;
    for (unsigned z = 0; z < grid.z; z++) {
        for (unsigned y = 0; y < grid.y; y++) {
            for (unsigned x = 0; x < grid.x; x++) {
                blocks.push_back({x, y, z});
            }
        }
    }
    std::shuffle(blocks.begin(), blocks.end(), chance);
    fibers.resize(threads);
    for (const dim3 &block : blocks) {
        blockIdx = block;
        // Of its own for each block: an access beside it is seen.
        void *memory;
        if (posix_memalign(&memory, 16, max<size_t>(shared_floats, 1) * sizeof(float))) {
            fail("no memory");
        }
        memset(memory, 0xff, shared_floats * sizeof(float));
        shared_memory = (float *)memory;
        std::vector<unsigned> order;
        for (unsigned number = 0; number < threads; number++) {
            Fiber &fiber = fibers[number];
            fiber.stack.resize(stack);
            fiber.ended = false;
            fiber.barrier = nullptr;
            getcontext(&fiber.context);
            fiber.context.uc_stack.ss_sp = fiber.stack.data();
            fiber.context.uc_stack.ss_size = stack;
            fiber.context.uc_link = nullptr;
            makecontext(&fiber.context, run_fiber, 0);
            order.push_back(number);
        }
        whole_block = {threads, 0, 0};
        warps.assign((threads + 31) / 32, {32, 0, 0});
        const unsigned slow = chance() % warps.size();
        while (!order.empty()) {
            std::shuffle(order.begin(), order.end(), chance);
            bool some_ran = false;
            for (bool is_slow : {false, true}) {
                for (unsigned number : order) {
                    if ((number / 32 == slow) == is_slow && !(is_slow && some_ran)) {
                        some_ran |= run_on(number);
                    }
                }
            }
            if (!some_ran) {
                fail("waits for a thread that has ended, or waits elsewhere");
            }
            order.erase(std::remove_if(order.begin(), order.end(), [](unsigned number) { return fibers[number].ended; }),
                        order.end());
        }
        free(memory);
    }
}

}  // namespace simt

#define __syncthreads() simt::block_barrier(__FILE__, __LINE__)
#define __shfl_xor_sync(lanes, value, by) simt::shuffle_xor(lanes, value, by)
