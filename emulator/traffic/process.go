//go:build linux

package traffic

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
)

// The hidden arguments of the processes.
const (
	argTraffic = "-__testbed-traffic"
	argSend    = "send"
	argReceive = "receive"
)

// What the processes are told, a line of JSON each: a sendOrder or a
// receiveOrder to begin with, then the sender a rewindOrder at any time. They
// end with their standard input.
type (
	sendOrder struct {
		Traffic emulator.Traffic
		To      string        // address and port
		Origin  time.Duration // of the trial, on CLOCK_MONOTONIC
	}
	rewindOrder  struct{ Origin time.Duration }
	receiveOrder struct{ TCP bool }
)

// What they answer, likewise: the receiver first its port and then, again and
// again, what has arrived; the sender that it has begun.
type (
	listening struct{ Port int }
	begun     struct{}
)

// Main makes this program one end of cross traffic if it was started as one,
// and then does not return; else it returns at once. It must be among the first
// things that main (or TestMain) does.
func Main() {
	if len(os.Args) != 3 || os.Args[1] != argTraffic {
		return
	}
	in := json.NewDecoder(bufio.NewReader(os.Stdin))
	out := json.NewEncoder(os.Stdout)
	var err error
	switch os.Args[2] {
	case argSend:
		err = sendMain(in, out)
	case argReceive:
		err = receiveMain(in, out)
	default:
		err = fmt.Errorf("want %s or %s, got %q", argSend, argReceive, os.Args[2])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "traffic:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func sendMain(in *json.Decoder, out *json.Encoder) error {
	var order sendOrder
	if err := in.Decode(&order); err != nil {
		return fmt.Errorf("order: %w", err)
	}
	rewound := make(chan time.Duration, 1)
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() {
		for {
			var r rewindOrder
			if err := in.Decode(&r); err != nil {
				cancel(err)
				return
			}
			select {
			case <-rewound: // the one before has not been taken
			default:
			}
			rewound <- r.Origin
		}
	}()
	if err := out.Encode(begun{}); err != nil {
		return err
	}
	err := send(ctx, order, rewound)
	return ended(ctx, err)
}

func receiveMain(in *json.Decoder, out *json.Encoder) error {
	var order receiveOrder
	if err := in.Decode(&order); err != nil {
		return fmt.Errorf("order: %w", err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	go func() {
		cancel(in.Decode(&struct{}{})) // there is nothing more to be told
	}()
	err := receive(ctx, order, out)
	return ended(ctx, err)
}

// ended is nil where the end of standard input was that of the work, else why
// that ended.
func ended(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	if cause := context.Cause(ctx); cause != io.EOF {
		return cause
	}
	return nil
}

// clock is CLOCK_MONOTONIC, which all processes share.
func clock() time.Duration {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		panic(fmt.Sprintf("traffic: CLOCK_MONOTONIC: %v", err)) // every Linux has it
	}
	return time.Duration(ts.Nano())
}
