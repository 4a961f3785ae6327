package gpu

// The kernel multiplies and adds in registers, rounds times, and stores a
// number that its loop cannot be left out for. It is written for the oldest
// devices that drivers of today know (Maxwell, sm_50); the driver compiles it
// for the one at hand. As CUDA:
//
//	__global__ void burn(float *out, unsigned rounds) {
//		float x = threadIdx.x, y = 0.5f;
//		for (unsigned i = 0; i < rounds; i++) x = fmaf(x, y, 1.0f); // 16 times
//		out[blockIdx.x*blockDim.x + threadIdx.x] = x;
//	}
//
// x converges to 2, so it never overflows.
const kernelName = "burn"

const kernelText = `.version 6.0
.target sm_50
.address_size 64

.visible .entry burn(
	.param .u64 burn_out,
	.param .u32 burn_rounds
)
{
	.reg .pred %p<3>;
	.reg .f32 %f<4>;
	.reg .b32 %r<8>;
	.reg .b64 %rd<5>;

	ld.param.u64 %rd1, [burn_out];
	ld.param.u32 %r1, [burn_rounds];
	mov.u32 %r2, %tid.x;
	mov.u32 %r3, %ctaid.x;
	mov.u32 %r4, %ntid.x;
	mad.lo.u32 %r5, %r3, %r4, %r2;
	cvt.rn.f32.u32 %f1, %r2;
	mov.f32 %f2, 0f3F000000;
	mov.f32 %f3, 0f3F800000;
	mov.u32 %r6, 0;
	setp.ge.u32 %p1, %r6, %r1;
	@%p1 bra DONE;

LOOP:
	fma.rn.f32 %f1, %f1, %f2, %f3;
	fma.rn.f32 %f1, %f1, %f2, %f3;
	fma.rn.f32 %f1, %f1, %f2, %f3;
	fma.rn.f32 %f1, %f1, %f2, %f3;
	fma.rn.f32 %f1, %f1, %f2, %f3;
	fma.rn.f32 %f1, %f1, %f2, %f3;
	fma.rn.f32 %f1, %f1, %f2, %f3;
	fma.rn.f32 %f1, %f1, %f2, %f3;
	fma.rn.f32 %f1, %f1, %f2, %f3;
	fma.rn.f32 %f1, %f1, %f2, %f3;
	fma.rn.f32 %f1, %f1, %f2, %f3;
	fma.rn.f32 %f1, %f1, %f2, %f3;
	fma.rn.f32 %f1, %f1, %f2, %f3;
	fma.rn.f32 %f1, %f1, %f2, %f3;
	fma.rn.f32 %f1, %f1, %f2, %f3;
	fma.rn.f32 %f1, %f1, %f2, %f3;
	add.u32 %r6, %r6, 1;
	setp.lt.u32 %p2, %r6, %r1;
	@%p2 bra LOOP;

DONE:
	cvta.to.global.u64 %rd2, %rd1;
	mul.wide.u32 %rd3, %r5, 4;
	add.s64 %rd4, %rd2, %rd3;
	st.global.f32 [%rd4], %f1;
	ret;
}
`

// threads is how many threads a block has, and blocks how many blocks a
// multiprocessor gets: enough to fill it.
const (
	threads = 256
	blocks  = 8
)
