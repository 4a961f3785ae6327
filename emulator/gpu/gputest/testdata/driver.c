// A driver of GPUs that are not there: what of libcuda.so.1 and of
// libnvidia-ml.so.1 is used, in one file, which stands for both. A device is a
// queue: kernels take time by their rounds, one after the other, and who waits
// for an event sleeps until it is reached. What is asked of it is checked as the
// driver would, or more strictly.
//
// All of it is known by a file that whoever tests maps, too, also from another
// process: FAKE_GPU names it.
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { BUCKETS = 128, SLOTS = 64 };
static const int64_t bucket_ns = 10 * 1000 * 1000;

// As State of package gputest.
struct state {
	int64_t size;
	int64_t devices, processors;
	int64_t kiloround_ns; // that 1024 rounds take
	int64_t others;       // per mille of the device's time that others take
	int64_t slow;         // so many launches more take four times as long
	int64_t fail_status, fail_after;

	int64_t launches, rounds, busy_ns, longest;
	int64_t most_queued; // kernels between two waits
	int64_t grid, block;
	int64_t contexts, current, modules, memory, events, nvml; // that there are now
	int64_t misuses;
	int64_t bucket_at[BUCKETS], bucket_busy[BUCKETS];
	char fail_name[64], misuse[256];
};

static struct state *st;
static pthread_mutex_t mu = PTHREAD_MUTEX_INITIALIZER;

static int64_t now(void) {
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

__attribute__((constructor)) static void open_state(void) {
	const char *path = getenv("FAKE_GPU");
	int fd = path ? open(path, O_RDWR) : -1;
	struct stat info;
	if (fd < 0 || fstat(fd, &info) || info.st_size != (off_t)sizeof *st) {
		fprintf(stderr, "FAKE_GPU=%s: not a state of %zu bytes\n", path ? path : "", sizeof *st);
		abort();
	}
	st = mmap(NULL, sizeof *st, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (st == MAP_FAILED || st->size != (int64_t)sizeof *st) abort();
}

static int64_t get(int64_t *of) { return __atomic_load_n(of, __ATOMIC_SEQ_CST); }
static void add(int64_t *to, int64_t n) { __atomic_add_fetch(to, n, __ATOMIC_SEQ_CST); }
static void most(int64_t *of, int64_t n) { if (n > *of) *of = n; }

// misuse notes what no program may do.
static int misuse(const char *what, int status) {
	pthread_mutex_lock(&mu);
	if (st->misuses == 0) snprintf(st->misuse, sizeof st->misuse, "%s", what);
	pthread_mutex_unlock(&mu);
	add(&st->misuses, 1);
	return status;
}

// failing is what a function is to return, if it was told to fail by now.
static int failing(const char *name) {
	if (strncmp(st->fail_name, name, sizeof st->fail_name)) return 0;
	if (get(&st->fail_after) > 0) {
		add(&st->fail_after, -1);
		return 0;
	}
	return (int)get(&st->fail_status);
}
#define FAIL do { int f_ = failing(__func__); if (f_) return f_; } while (0)

// ---- CUDA

typedef int CUresult;
typedef int CUdevice;
typedef void *handle;
enum {
	INVALID_VALUE = 1, OUT_OF_MEMORY = 2, NOT_INITIALIZED = 3, NO_DEVICE = 100, INVALID_DEVICE = 101,
	INVALID_CONTEXT = 201, INVALID_PTX = 218, INVALID_HANDLE = 400, NOT_FOUND = 500, NOT_READY = 600,
	ILLEGAL_ADDRESS = 700,
};

static int initialised, module, function, context; // the addresses of these are handles
static int retained, loaded;
static __thread int is_current;
static int64_t free_at, queued; // when the device has done what was asked; kernels since the last wait
static struct { uint64_t at, size; } blocks[SLOTS];
static struct event { int64_t at; int used; } events[SLOTS];

static struct event *event_of(handle h) {
	struct event *e = h;
	return e >= events && e < events + SLOTS && e->used ? e : NULL;
}

#define CURRENT do { FAIL; \
	if (!is_current || !retained) return misuse("no context is current on the thread", INVALID_CONTEXT); } while (0)

CUresult cuInit(unsigned flags) {
	FAIL;
	if (flags) return misuse("cuInit with flags", INVALID_VALUE);
	if (st->devices == 0) return NO_DEVICE;
	initialised = 1;
	return 0;
}

CUresult cuDeviceGetCount(int *n) {
	FAIL;
	if (!initialised) return misuse("cuInit was not called", NOT_INITIALIZED);
	*n = (int)st->devices;
	return 0;
}

CUresult cuDeviceGet(CUdevice *device, int ordinal) {
	FAIL;
	if (ordinal < 0 || ordinal >= st->devices) return misuse("a GPU that is not there", INVALID_DEVICE);
	*device = 70 + ordinal; // not the ordinal, so that one is not taken for the other
	return 0;
}

static int known(CUdevice d) { return d >= 70 && d < 70 + st->devices; }

CUresult cuDeviceGetName(char *name, int n, CUdevice d) {
	FAIL;
	if (!known(d)) return misuse("the name of no device", INVALID_DEVICE);
	snprintf(name, n, "Fake GPU %d", d - 70);
	return 0;
}

CUresult cuDeviceGetAttribute(int *value, int attribute, CUdevice d) {
	FAIL;
	if (!known(d) || attribute != 16) return misuse("an attribute that is not known", INVALID_VALUE);
	*value = (int)st->processors;
	return 0;
}

CUresult cuDeviceGetPCIBusId(char *id, int n, CUdevice d) {
	FAIL;
	if (!known(d)) return misuse("the bus of no device", INVALID_DEVICE);
	if (n < 13) return misuse("too little room for the bus", INVALID_VALUE);
	snprintf(id, n, "0000:%02x:00.0", d - 70 + 1);
	return 0;
}

CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice d, unsigned flags) {
	FAIL;
	if (!known(d) || flags != 4) return misuse("flags that do not let who waits sleep", INVALID_VALUE);
	return 0;
}

CUresult cuDevicePrimaryCtxRetain(handle *c, CUdevice d) {
	FAIL;
	if (!known(d)) return misuse("the context of no device", INVALID_DEVICE);
	retained++;
	add(&st->contexts, 1);
	*c = &context;
	return 0;
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice d) {
	FAIL;
	if (!known(d) || !retained) return misuse("a context is released that is not retained", INVALID_CONTEXT);
	retained--;
	add(&st->contexts, -1);
	return 0;
}

CUresult cuCtxSetCurrent(handle c) {
	FAIL;
	if (c && (c != &context || !retained)) return misuse("a context that is none is made current", INVALID_CONTEXT);
	add(&st->current, !!c - is_current);
	is_current = !!c;
	return 0;
}

CUresult cuModuleLoadData(handle *m, const char *text) {
	CURRENT;
	static const char *want[] = { ".version 6.0\n", ".target sm_50\n", ".address_size 64\n", ".visible .entry burn(", "\n}\n" };
	const char *at = text;
	if (strnlen(text, 1 << 16) == 1 << 16) return misuse("PTX without an end", INVALID_PTX);
	if (strncmp(text, want[0], strlen(want[0]))) return misuse("PTX that does not begin with its version", INVALID_PTX);
	for (at = text; *at; at++)
		if (*at & 0x80) return misuse("PTX that is not ASCII", INVALID_PTX);
	at = text;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++)
		if (!(at = strstr(at, want[i]))) return misuse(want[i], INVALID_PTX);
	if (strcmp(at, "\n}\n")) return misuse("PTX with something after the kernel", INVALID_PTX);
	loaded = 1;
	add(&st->modules, 1);
	*m = &module;
	return 0;
}

CUresult cuModuleUnload(handle m) {
	CURRENT;
	if (m != &module || !loaded) return misuse("a module is unloaded that is none", INVALID_HANDLE);
	loaded = 0;
	add(&st->modules, -1);
	return 0;
}

CUresult cuModuleGetFunction(handle *f, handle m, const char *name) {
	CURRENT;
	if (m != &module || !loaded) return misuse("a function of no module", INVALID_HANDLE);
	if (strcmp(name, "burn")) return misuse("a function that is not there", NOT_FOUND);
	*f = &function;
	return 0;
}

CUresult cuMemAlloc_v2(uint64_t *at, size_t size) {
	CURRENT;
	for (int i = 0; i < SLOTS; i++)
		if (!blocks[i].at) {
			*at = blocks[i].at = 0x7f0000000000 + ((uint64_t)i << 32);
			blocks[i].size = size;
			add(&st->memory, size);
			return 0;
		}
	return misuse("memory is allocated again and again", OUT_OF_MEMORY);
}

CUresult cuMemFree_v2(uint64_t at) {
	CURRENT;
	for (int i = 0; i < SLOTS; i++)
		if (at && blocks[i].at == at) {
			add(&st->memory, -(int64_t)blocks[i].size);
			blocks[i].at = 0;
			return 0;
		}
	return misuse("memory is freed that is not allocated", INVALID_VALUE);
}

CUresult cuEventCreate(handle *e, unsigned flags) {
	CURRENT;
	if (flags != 1) return misuse("an event for which who waits spins", INVALID_VALUE);
	for (int i = 0; i < SLOTS; i++)
		if (!events[i].used) {
			events[i] = (struct event){ .used = 1, .at = -1 };
			*e = &events[i];
			add(&st->events, 1);
			return 0;
		}
	return misuse("events are made again and again", OUT_OF_MEMORY);
}

CUresult cuEventDestroy_v2(handle h) {
	CURRENT;
	struct event *e = event_of(h);
	if (!e) return misuse("an event is destroyed that is none", INVALID_HANDLE);
	e->used = 0;
	add(&st->events, -1);
	return 0;
}

CUresult cuEventRecord(handle h, handle stream) {
	CURRENT;
	struct event *e = event_of(h);
	if (!e || stream) return misuse("what is recorded is no event, or in another stream", INVALID_HANDLE);
	int64_t t = now();
	e->at = free_at > t ? free_at : t;
	return 0;
}

CUresult cuEventSynchronize(handle h) {
	CURRENT;
	struct event *e = event_of(h);
	if (!e || e->at < 0) return misuse("who waits does so for no event", INVALID_HANDLE);
	queued = 0;
	struct timespec ts = { e->at / 1000000000, e->at % 1000000000 };
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL)) {}
	return 0;
}

CUresult cuEventElapsedTime(float *ms, handle begin, handle end) {
	CURRENT;
	struct event *b = event_of(begin), *e = event_of(end);
	if (!b || !e || b->at < 0 || e->at < 0) return misuse("the time between what was not recorded", INVALID_HANDLE);
	if (e->at > now()) return misuse("the time of what has not come", NOT_READY);
	*ms = (e->at - b->at) / 1e6;
	return 0;
}

// busy notes a stretch of the device's time.
static void busy(int64_t from, int64_t to) {
	add(&st->busy_ns, to - from);
	while (from < to) {
		int64_t at = from / bucket_ns, end = (at + 1) * bucket_ns, i = at % BUCKETS;
		if (end > to) end = to;
		if (st->bucket_at[i] != at) {
			st->bucket_busy[i] = 0;
			st->bucket_at[i] = at;
		}
		st->bucket_busy[i] += end - from;
		from = end;
	}
}

CUresult cuLaunchKernel(handle f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
		unsigned shared, handle stream, void **params, void **extra) {
	CURRENT;
	if (f != &function || !loaded) return misuse("a kernel that is none", INVALID_HANDLE);
	if (gx == 0 || gy != 1 || gz != 1 || bx == 0 || bx > 1024 || by != 1 || bz != 1)
		return misuse("a grid that no device takes, or of more than one dimension", INVALID_VALUE);
	if (shared || stream || extra || !params) return misuse("a launch with what the kernel has not", INVALID_VALUE);
	uint64_t out = *(uint64_t *)params[0];
	int64_t rounds = *(uint32_t *)params[1];
	int fits = 0;
	for (int i = 0; i < SLOTS; i++)
		if (blocks[i].at && out == blocks[i].at && 4ULL * gx * bx <= blocks[i].size) fits = 1;
	if (!fits) return misuse("a kernel writes outside of what is allocated", ILLEGAL_ADDRESS);
	int64_t ns = rounds * get(&st->kiloround_ns) / 1024;
	if (get(&st->slow) > 0) {
		add(&st->slow, -1);
		ns *= 4;
	}
	ns = ns * 1000 / (1000 - get(&st->others));
	int64_t t = now(), from = free_at > t ? free_at : t;
	free_at = from + ns;
	busy(from, free_at);
	add(&st->launches, 1);
	add(&st->rounds, rounds);
	most(&st->longest, ns);
	most(&st->most_queued, ++queued);
	st->grid = gx;
	st->block = bx;
	return 0;
}

CUresult cuGetErrorName(CUresult s, const char **name) {
	static const struct { int s; const char *name; } all[] = {
		{ 1, "CUDA_ERROR_INVALID_VALUE" }, { 2, "CUDA_ERROR_OUT_OF_MEMORY" }, { 101, "CUDA_ERROR_INVALID_DEVICE" },
		{ 201, "CUDA_ERROR_INVALID_CONTEXT" }, { 218, "CUDA_ERROR_INVALID_PTX" }, { 400, "CUDA_ERROR_INVALID_HANDLE" },
		{ 500, "CUDA_ERROR_NOT_FOUND" }, { 600, "CUDA_ERROR_NOT_READY" }, { 700, "CUDA_ERROR_ILLEGAL_ADDRESS" },
	};
	*name = NULL;
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i].s == s) {
			*name = all[i].name;
			return 0;
		}
	return INVALID_VALUE;
}

// ---- NVML

typedef int nvmlReturn_t;
static char on_bus[16]; // the addresses of its elements are handles

static int nvml_of(handle h) {
	char *at = h;
	return st->nvml > 0 && at >= on_bus && at < on_bus + st->devices ? (int)(at - on_bus) : -1;
}
#define DEVICE(h) do { FAIL; \
	if (nvml_of(h) < 0) return misuse("NVML is asked about no device, or when it is shut down", 2); } while (0)

nvmlReturn_t nvmlInit_v2(void) { FAIL; add(&st->nvml, 1); return 0; }
nvmlReturn_t nvmlShutdown(void) { FAIL; add(&st->nvml, -1); return 0; }
nvmlReturn_t nvmlDeviceGetCount_v2(unsigned *n) { FAIL; *n = (unsigned)st->devices; return 0; }

nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned i, handle *h) {
	FAIL;
	if (i >= st->devices) return misuse("a GPU that NVML does not know", 2);
	*h = on_bus + i;
	return 0;
}

nvmlReturn_t nvmlDeviceGetHandleByPciBusId_v2(const char *id, handle *h) {
	unsigned bus;
	FAIL;
	if (sscanf(id, "0000:%2x:00.0", &bus) != 1 || bus < 1 || bus > st->devices) return misuse("a bus without a GPU", 6);
	*h = on_bus + bus - 1;
	return 0;
}

nvmlReturn_t nvmlDeviceGetName(handle h, char *name, unsigned n) {
	DEVICE(h);
	snprintf(name, n, "Fake GPU %d", nvml_of(h));
	return 0;
}

// The last second of the first device, which is the one that is used.
nvmlReturn_t nvmlDeviceGetUtilizationRates(handle h, unsigned *percent) {
	DEVICE(h);
	int64_t sum = 0, at = now() / bucket_ns;
	if (nvml_of(h) == 0)
		for (int i = 0; i < BUCKETS; i++)
			if (st->bucket_at[i] >= at - 100 && st->bucket_at[i] < at) sum += st->bucket_busy[i];
	percent[0] = (unsigned)(sum * 100 / (100 * bucket_ns));
	percent[1] = 77;
	return 0;
}

nvmlReturn_t nvmlDeviceGetMemoryInfo(handle h, unsigned long long *bytes) {
	DEVICE(h);
	bytes[0] = 8ULL << 30;
	bytes[1] = 5ULL << 30;
	bytes[2] = 3ULL << 30;
	return 0;
}

nvmlReturn_t nvmlDeviceGetTemperature(handle h, unsigned sensor, unsigned *celsius) {
	DEVICE(h);
	if (sensor != 0) return misuse("a sensor that is not the GPU's", 2);
	*celsius = 41;
	return 0;
}

nvmlReturn_t nvmlDeviceGetClockInfo(handle h, unsigned kind, unsigned *mhz) {
	DEVICE(h);
	if (kind != 1) return misuse("a clock that is not the multiprocessors'", 2);
	*mhz = 1500;
	return 0;
}

const char *nvmlErrorString(nvmlReturn_t s) {
	switch (s) {
	case 3: return "Not Supported";
	case 4: return "Insufficient Permissions";
	case 15: return "GPU is lost";
	}
	return s == 999 ? NULL : "Unknown Error";
}
