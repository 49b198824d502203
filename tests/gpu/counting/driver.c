// A stand-in for libcuda, libcublas and libcurand that computes nothing and counts what is asked of it: launches,
// products, copies, allocations, synchronisations. Device memory is the host's. What it was never asked to write is
// 1.0 everywhere, so that what comes back is finite; the one kernel that it computes is candle's `affine_f32`, for the
// host refuses a device that can't add up. Whatever else is called is an error, which names it (`unknown.c`).
//
// The counts stand in the file that DOSSIER_COUNTS names, for the process to read while it runs: entries of 64 bytes,
// a name of up to 55 and a number of 8 in the machine's order.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SUCCESS = 0, INVALID_VALUE = 1, OUT_OF_MEMORY = 2, ENTRIES = 1024 };

struct entry {
    char name[56];
    uint64_t count;
};

static struct entry *entries;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void fail(const char *what) {
    fprintf(stderr, "the counting driver: %s\n", what);
    abort();
}

__attribute__((constructor)) static void begin(void) {
    static struct entry unread[ENTRIES];
    const char *path = getenv("DOSSIER_COUNTS");
    entries = unread;
    if (!path) {
        return;
    }
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || ftruncate(file, sizeof unread)) {
        fail("the file that DOSSIER_COUNTS names can't be written");
    }
    entries = mmap(NULL, sizeof unread, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (entries == MAP_FAILED) {
        fail("the file that DOSSIER_COUNTS names can't be mapped");
    }
    close(file);
}

static void count(const char *kind, const char *name, uint64_t by) {
    char full[56];
    snprintf(full, sizeof full, "%s%s", kind, name);
    pthread_mutex_lock(&lock);
    for (int place = 0; place < ENTRIES; place++) {
        struct entry *entry = &entries[place];
        if (!entry->name[0]) {
            strcpy(entry->name, full);
        }
        if (!strcmp(entry->name, full)) {
            entry->count += by;
            pthread_mutex_unlock(&lock);
            return;
        }
    }
    fail("more names than there is room for");
}

typedef uint64_t address;
typedef void *handle;

// What may be used as a handle: any address of our own.
static char something[1];

int cuInit(unsigned flags) { return flags; }
int cuDeviceGet(int *device, int ordinal) { return *device = ordinal, ordinal ? 101 : SUCCESS; }
int cuDeviceGetCount(int *devices) { return *devices = 1, SUCCESS; }
int cuDeviceTotalMem_v2(size_t *bytes, int device) { return *bytes = (size_t)141 << 30, device; }
int cuMemGetInfo_v2(size_t *free, size_t *total) {
    *free = *total = (size_t)141 << 30;
    return SUCCESS;
}
// Memory pools, and whatever else is asked for, are there.
int cuDeviceGetAttribute(int *value, int attribute, int device) { return *value = 1, (void)attribute, device; }
int cuDevicePrimaryCtxRetain(handle *context, int device) { return *context = something, device; }
int cuDevicePrimaryCtxRelease_v2(int device) { return device; }
int cuCtxSetCurrent(handle context) { return (void)context, SUCCESS; }
int cuCtxGetCurrent(handle *context) { return *context = something, SUCCESS; }
int cuDeviceGetMemPool(handle *pool, int device) { return *pool = something, device; }
int cuMemPoolSetAttribute(handle pool, int attribute, void *value) { return (void)pool, (void)attribute, (void)value, SUCCESS; }
int cuGetErrorName(int error, const char **name) { return (void)error, *name = "an error of the counting driver", SUCCESS; }
int cuGetErrorString(int error, const char **text) { return (void)error, *text = "", SUCCESS; }

int cuStreamCreate(handle *stream, unsigned flags) { return *stream = something, (void)flags, SUCCESS; }
int cuStreamDestroy_v2(handle stream) { return (void)stream, SUCCESS; }
int cuStreamSynchronize(handle stream) { return (void)stream, count("synchronisation", "", 1), SUCCESS; }
int cuCtxSynchronize(void) { return count("synchronisation", "", 1), SUCCESS; }
int cuStreamWaitEvent(handle stream, handle event, unsigned flags) { return (void)stream, (void)event, (void)flags, count("wait", "", 1), SUCCESS; }
int cuStreamIsCapturing(handle stream, int *status) { return (void)stream, *status = 0, SUCCESS; }
int cuEventCreate(handle *event, unsigned flags) { return *event = something, (void)flags, count("event", "", 1), SUCCESS; }
int cuEventDestroy_v2(handle event) { return (void)event, SUCCESS; }
int cuEventRecord(handle event, handle stream) { return (void)event, (void)stream, count("record", "", 1), SUCCESS; }
int cuEventQuery(handle event) { return (void)event, SUCCESS; }
int cuEventSynchronize(handle event) { return (void)event, count("synchronisation", "", 1), SUCCESS; }

static int allocate(void **memory, size_t bytes) {
    size_t numbers = bytes / sizeof(float) + 1;
    float *values = malloc(numbers * sizeof(float));
    if (!values) {
        return OUT_OF_MEMORY;
    }
    for (size_t place = 0; place < numbers; place++) {
        values[place] = 1;
    }
    *memory = values;
    return SUCCESS;
}

int cuMemAllocAsync(address *memory, size_t bytes, handle stream) {
    (void)stream;
    count("allocation", "", 1);
    return bytes ? allocate((void **)memory, bytes) : INVALID_VALUE;
}
int cuMemAlloc_v2(address *memory, size_t bytes) { return cuMemAllocAsync(memory, bytes, NULL); }
int cuMemFreeAsync(address memory, handle stream) { return free((void *)memory), (void)stream, SUCCESS; }
int cuMemFree_v2(address memory) { return cuMemFreeAsync(memory, NULL); }
int cuMemHostAlloc(void **memory, size_t bytes, unsigned flags) { return (void)flags, allocate(memory, bytes); }
int cuMemFreeHost(void *memory) { return free(memory), SUCCESS; }

static int copy(const char *kind, void *to, const void *from, size_t bytes) {
    count(kind, "", 1);
    count(kind, " bytes", bytes);
    memmove(to, from, bytes);
    return SUCCESS;
}
int cuMemcpyHtoDAsync_v2(address to, const void *from, size_t bytes, handle stream) { return (void)stream, copy("upload", (void *)to, from, bytes); }
int cuMemcpyHtoD_v2(address to, const void *from, size_t bytes) { return copy("upload", (void *)to, from, bytes); }
int cuMemcpyDtoHAsync_v2(void *to, address from, size_t bytes, handle stream) { return (void)stream, copy("download", to, (void *)from, bytes); }
int cuMemcpyDtoH_v2(void *to, address from, size_t bytes) { return copy("download", to, (void *)from, bytes); }
int cuMemcpyDtoDAsync_v2(address to, address from, size_t bytes, handle stream) { return (void)stream, copy("copy", (void *)to, (void *)from, bytes); }
int cuMemsetD8Async(address to, unsigned char value, size_t bytes, handle stream) {
    (void)stream;
    count("fill", "", 1);
    memset((void *)to, value, bytes);
    return SUCCESS;
}

// A module is its source's text; a function its name.
int cuModuleLoadData(handle *module, const void *image) { return *module = something, (void)image, SUCCESS; }
int cuModuleUnload(handle module) { return (void)module, SUCCESS; }
int cuModuleGetFunction(handle *function, handle module, const char *name) {
    (void)module;
    count("look-up", "", 1);
    // Kept for the process: there are a few hundred names, and many look-ups.
    static char *names[ENTRIES];
    pthread_mutex_lock(&lock);
    int place = 0;
    while (place < ENTRIES && names[place] && strcmp(names[place], name)) {
        place++;
    }
    if (place == ENTRIES) {
        fail("more kernels than there is room for");
    }
    if (!names[place]) {
        names[place] = strdup(name);
    }
    *function = names[place];
    pthread_mutex_unlock(&lock);
    return SUCCESS;
}

int cuLaunchKernel(handle function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y,
                   unsigned block_z, unsigned shared_bytes, handle stream, void **arguments, void **extra) {
    (void)stream;
    (void)extra;
    const char *name = function;
    // What every GPU from compute capability 8.0 on takes without being asked for more.
    int grid_fits = grid_x && grid_x <= INT32_MAX && grid_y && grid_y <= 65535 && grid_z && grid_z <= 65535;
    uint64_t threads = (uint64_t)block_x * block_y * block_z;
    if (!grid_fits || !threads || threads > 1024 || block_z > 64 || shared_bytes > 48 << 10) {
        fprintf(stderr, "the counting driver: %s asks for (%u, %u, %u) blocks of (%u, %u, %u) threads and %u bytes\n", name,
                grid_x, grid_y, grid_z, block_x, block_y, block_z, shared_bytes);
        return INVALID_VALUE;
    }
    count("kernel ", name, 1);
    if (!strcmp(name, "affine_f32")) {
        // (numel, num_dims, info, inp, out, mul, add), contiguous where `info` is null.
        size_t numbers = *(size_t *)arguments[0];
        const float *from = *(const float **)arguments[3];
        float *to = *(float **)arguments[4];
        float factor = *(float *)arguments[5], addend = *(float *)arguments[6];
        for (size_t place = 0; place < numbers && !*(void **)arguments[2]; place++) {
            to[place] = (from ? from : to)[place] * factor + addend;
        }
    }
    return SUCCESS;
}

int cublasCreate_v2(handle *blas) { return *blas = something, SUCCESS; }
int cublasDestroy_v2(handle blas) { return (void)blas, SUCCESS; }
int cublasSetStream_v2(handle blas, handle stream) { return (void)blas, (void)stream, SUCCESS; }
int cublasGemmStridedBatchedEx(void) { return count("product", "", 1), SUCCESS; }

int curandCreateGenerator(handle *generator, int type) { return *generator = something, (void)type, SUCCESS; }
int curandDestroyGenerator(handle generator) { return (void)generator, SUCCESS; }
int curandSetStream(handle generator, handle stream) { return (void)generator, (void)stream, SUCCESS; }
int curandSetPseudoRandomGeneratorSeed(handle generator, unsigned long long seed) { return (void)generator, (void)seed, SUCCESS; }
