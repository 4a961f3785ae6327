//go:build linux

package tc

import (
	"errors"
	"fmt"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/emulator"
	"github.com/testbed/testbed/emulator/tc/wire"
	"github.com/testbed/testbed/emulator/unit"
)

// Apply makes packets that leave the interface ifname pass through l, in
// place of what an earlier Apply made. Packets that waited there are lost: a
// link that is set again begins empty. What the kernel has is then read back
// (see Verify). If it fails the interface is perfect. A link that varies is
// refused: it needs Play.
func Apply(ifname string, l emulator.Link) error { return ApplyWith(ifname, l, Options{}) }

// ApplyWith is Apply with Options. A seed that the kernel cannot take is an
// error that wraps emulator.ErrUnsupported.
func ApplyWith(ifname string, l emulator.Link, o Options) error {
	if l.Varies() && l.Trace == nil {
		return fmt.Errorf("shape %s: the link varies: want it played", ifname)
	}
	kind, err := kindOf(l)
	if err != nil {
		return fmt.Errorf("shape %s: %w", ifname, err)
	}
	k, err := openKernel(ifname)
	if err != nil {
		return fmt.Errorf("shape %s: %w", ifname, err)
	}
	defer k.close()
	if err := k.replace(kind.objects(l, false, o)); err != nil {
		return fmt.Errorf("shape %s: %w", ifname, err)
	}
	return nil
}

// replace makes objects in place of what is there, and reads them back. If it
// fails nothing is there.
func (k *kernel) replace(objects []wire.Object) error {
	err := k.clear(0, wire.Root)
	if err == nil {
		for _, o := range objects {
			if err = k.add(o); err != nil {
				break
			}
		}
	}
	if err == nil {
		err = k.verify(objects)
	}
	if err != nil {
		return errors.Join(err, k.clear(0, wire.Root))
	}
	return nil
}

// Verify reads back what plays the link that leaves ifname, and says what of
// it is not as Apply makes it for l; nil if all is. A kernel ignores what it
// does not know: this is how it is found.
//
// The table of a distribution cannot be read back.
func Verify(ifname string, l emulator.Link) error {
	kind, err := kindOf(l)
	if err != nil {
		return fmt.Errorf("verify %s: %w", ifname, err)
	}
	k, err := openKernel(ifname)
	if err != nil {
		return fmt.Errorf("verify %s: %w", ifname, err)
	}
	defer k.close()
	now, stopped, _ := l.At(0)
	if err := k.verify(kind.objects(now, stopped, Options{})); err != nil {
		return fmt.Errorf("verify %s: %w", ifname, err)
	}
	return nil
}

// verify compares what is there with what should be.
func (k *kernel) verify(want []wire.Object) error {
	have, err := k.objects()
	if err != nil {
		return err
	}
	for _, w := range want {
		var got wire.Options
		for _, h := range have {
			if h.Class == w.Class && h.Handle == w.Handle {
				got = h.Options
			}
		}
		if err := w.Differs(got); err != nil {
			return fmt.Errorf("%w: %w", err, emulator.ErrUnsupported)
		}
	}
	return nil
}

// Clear makes the way out of ifname perfect again.
func Clear(ifname string) error {
	k, err := openKernel(ifname)
	if err != nil {
		return fmt.Errorf("clear %s: %w", ifname, err)
	}
	defer k.close()
	if err := k.clear(0, wire.Root); err != nil {
		return fmt.Errorf("clear %s: %w", ifname, err)
	}
	return nil
}

// Stats are totals of an interface since it was made: what left it, and what
// its queueing dropped.
type Stats struct {
	Packets, Dropped int64
	Bytes            unit.Bytes // with Ethernet headers
}

// Read returns the totals of ifname. Dropped counts from the last Apply, and
// has losses and drops of the queue together.
func Read(ifname string) (Stats, error) {
	link, err := netlink.LinkByName(ifname)
	if err != nil {
		return Stats{}, fmt.Errorf("statistics of %s: %w", ifname, err)
	}
	sent := link.Attrs().Statistics
	if sent == nil {
		return Stats{}, fmt.Errorf("statistics of %s: the kernel gave none", ifname)
	}
	s := Stats{Packets: int64(sent.TxPackets), Bytes: unit.Bytes(sent.TxBytes)}
	qdiscs, err := netlink.QdiscList(link)
	if err != nil {
		return Stats{}, fmt.Errorf("statistics of %s: %w", ifname, err)
	}
	for _, q := range qdiscs {
		a := q.Attrs()
		if a.Handle == uint32(rootHandle) && a.Statistics != nil && a.Statistics.Queue != nil {
			s.Dropped += int64(a.Statistics.Queue.Drops)
		}
	}
	return s, nil
}

// isNone reports whether a deletion failed because there was nothing.
func isNone(err error) bool {
	return errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EINVAL)
}
