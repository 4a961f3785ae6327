// Package relay plays two emulator.Links in user space, one each way between
// two network interfaces, with packet sockets or TUN devices. It needs no
// module of the kernel but those, and works in a user namespace.
//
// Packet sockets are to be preferred. The kernel stamps the frames that it
// hands them, so that a thread that is late does not make the link longer; and
// it takes many frames in one system call. A TUN device passes about as much,
// its round trips are some 50 µs longer, and all that its threads are late by
// when they read is added to the link, where no count can show it.
//
// Each direction is a thread of its own that goes by logical time: a frame
// counts as arrived when the kernel received it, however late the thread gets
// to it, and is sent when the Shaper said, never before. What a thread is late
// by is not added to the next frame, and is in Stats as lag. Links that vary
// do so by the same time: no step of theirs is ever late.
//
// A thread asks to be woken 30 µs before a packet is due, and then looks at the
// clock until it is: waking up takes about as long. So most packets are sent
// within a microsecond of when they are due.
//
// Threads take the scheduling class SCHED_FIFO where they may, so that load
// on the machine does not hold them up. They are goroutines too: a process
// that has a Relay should set GOMAXPROCS above its number of CPUs by two for
// each Relay, or else its own work can hold them up. On two CPUs under three
// spinning processes, 20 Mbps of TCP were late by 3 to 9 ms at the 99th
// percentile with GOMAXPROCS at 2, and by 0.06 to 0.24 ms at 8; without
// SCHED_FIFO by 12 to 40 ms.
//
// Note: the receiving side is a ring shared with the kernel (PACKET_RX_RING)
// and not recvmmsg. It needs no system call a frame, stamps each frame as it
// comes, and its size does not fall under net.core.rmem_max, which a user
// without privilege cannot raise.
package relay
