// Kernels that are wrong, each in one way, so that it is seen that the stand-in and AddressSanitizer notice. The number
// of the fault is the argument; without a fault all is right.
#include "check.h"

// Each thread doubles what its neighbour, the last the first, has made of its own number.
__global__ void twice_the_neighbour(float *y, const float *x, int numbers, int fault) {
    SHARED_FLOATS(shared);
    const int self = threadIdx.x;
    // Fault 1: a read behind the end. Fault 2: a write behind the end of shared memory.
    const float own = x[fault == 1 ? self + 1 : self];
    shared[fault == 2 ? self + 1 : self] = own;
    // Fault 3: not all come to the barrier. Fault 4: they come to different ones.
    if (fault == 3 && self == 5) {
        return;
    }
    if (fault == 4 && self == 5) {
        warp_sum(own);
    }
    // Fault 5: there is none.
    if (fault != 5) {
        __syncthreads();
    }
    // Fault 6: a write behind the end.
    y[fault == 6 ? self + 1 : self] = 2 * shared[(self + 1) % numbers];
}

int main(int count, char **arguments) {
    const int fault = count > 1 ? atoi(arguments[1]) : 0;
    const int threads = 64;
    std::vector<float> x = numbers(threads), y = poisoned(threads);
    simt::launch({1}, threads, threads, [&] { twice_the_neighbour(y.data(), x.data(), threads, fault); });
    std::vector<double> expected;
    for (int self = 0; self < threads; self++) {
        expected.push_back(2 * (double)x[(self + 1) % threads]);
    }
    return greatest_difference(y, expected) == 0 ? 0 : 1;
}
