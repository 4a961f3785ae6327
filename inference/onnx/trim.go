//go:build cgo && unix

package onnx

/*
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
static void trim(void) { malloc_trim(0); }
#else
static void trim(void) {}
#endif
*/
import "C"

// trim gives memory that was freed back to the system. The runtime frees what
// a session held, and what only opening it took, but the C library keeps it:
// hundreds of megabytes, in pieces between what is still used. It takes some
// ten milliseconds where there is much to give back. Where the C library is not
// glibc it does nothing.
func trim() { C.trim() }
