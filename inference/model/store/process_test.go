package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/testbed/testbed/inference/model"
	"github.com/testbed/testbed/inference/model/store"
)

// TestMain lets the test's program be the other processes of a test.
func TestMain(m *testing.M) {
	if job := os.Getenv("STORE_TEST_JOB"); job != "" {
		if err := jobs[job](os.Getenv("STORE_TEST_DIR"), os.Getenv("STORE_TEST_ARGUMENT")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

var jobs = map[string]func(dir, argument string) error{"churn": churn, "hang": hang, "full": full}

func process(s *store.Store, job, argument string) *exec.Cmd {
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "STORE_TEST_JOB="+job, "STORE_TEST_DIR="+s.Dir(), "STORE_TEST_ARGUMENT="+argument)
	return c
}

func builtin(i int) []byte {
	data, err := model.Builtin()[i].ReadAll()
	if err != nil {
		panic(err)
	}
	return data
}

// churn adds, lists, updates, removes and collects, as process n.
func churn(dir, n string) error {
	s, err := store.Open(dir)
	if err != nil {
		return err
	}
	k, err := strconv.Atoi(n)
	if err != nil {
		return err
	}
	for round := range 12 {
		m := mine(k % 2)
		m.Name = fmt.Sprintf("m%d-%d", k, round%3)
		added, err := s.Put(context.Background(), m, func(w io.Writer) error {
			_, err := io.Copy(w, bytes.NewReader(builtin(k%2)))
			return err
		})
		if err != nil {
			return err
		}
		if _, err := added.ReadAll(); err != nil {
			return fmt.Errorf("what was just added: %w", err)
		}
		if _, err := s.List(); err != nil {
			return err
		}
		added.Accuracy = 0.9
		if err := s.Update(added); err != nil {
			return err
		}
		if round%3 == 2 {
			if err := s.Remove(m.Name); err != nil {
				return err
			}
		}
		if _, _, err := s.GC(); err != nil {
			return err
		}
	}
	return nil
}

// TestProcesses: several processes at once on one store leave it whole.
func TestProcesses(t *testing.T) {
	s := open(t)
	var all sync.WaitGroup
	for k := range 4 {
		all.Go(func() {
			if out, err := process(s, "churn", strconv.Itoa(k)).CombinedOutput(); err != nil {
				t.Errorf("process %d: %v\n%s", k, err, out)
			}
		})
	}
	all.Wait()
	models, err := s.List()
	if err != nil || len(models) != 8 { // of three names of each process, one was removed last
		t.Errorf("%d models, %v; want 8", len(models), err)
	}
	for _, m := range models {
		if m.Accuracy != 0.9 {
			t.Errorf("%s: an update was lost", m.Name)
		}
	}
	if p, err := s.Verify(background, nil); len(p) > 0 || err != nil {
		t.Errorf("Verify = %v, %v", p, err)
	}
	if blobs, _ := os.ReadDir(filepath.Join(s.Dir(), "blobs")); len(blobs) != 2 {
		t.Errorf("%d files, want 2", len(blobs))
	}
	if left, _ := os.ReadDir(filepath.Join(s.Dir(), "tmp")); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// hang writes a part of a model, says so, and never goes on.
func hang(dir, _ string) error {
	s, err := store.Open(dir)
	if err != nil {
		return err
	}
	_, err = s.Put(context.Background(), mine(1), func(w io.Writer) error {
		w.Write(make([]byte, 3<<20)) // more than is buffered
		fmt.Println("begun")
		select {}
	})
	return err
}

// TestKilled: a process that dies in the middle leaves nothing that can be
// seen; while it lives, GC lets its file be.
func TestKilled(t *testing.T) {
	s := open(t)
	c := process(s, "hang", "")
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer c.Wait()
	defer c.Process.Kill()
	if _, err := io.ReadFull(out, make([]byte, len("begun\n"))); err != nil {
		t.Fatal(err)
	}
	if _, n, err := s.GC(); n != 0 || err != nil {
		t.Errorf("GC while it lives: %d files, %v", n, err)
	}
	if models, err := s.List(); len(models) > 0 || err != nil {
		t.Errorf("a part can be seen: %v, %v", models, err)
	}
	c.Process.Kill()
	c.Wait()
	if models, err := s.List(); len(models) > 0 || err != nil {
		t.Errorf("what it left can be seen: %v, %v", models, err)
	}
	if p, err := s.Verify(background, nil); len(p) > 0 || err != nil {
		t.Errorf("Verify = %v, %v", p, err)
	}
	if freed, n, err := s.GC(); n != 1 || freed < 2<<20 || err != nil {
		t.Errorf("GC = %d bytes, %d files, %v; want the part", freed, n, err)
	}
	empty(t, s)
}

// full adds a model where files cannot grow to its size: what a full disk is
// to it, without filling one.
func full(dir, limit string) error {
	signal.Ignore(unix.SIGXFSZ)
	n, err := strconv.ParseUint(limit, 10, 64)
	if err != nil {
		return err
	}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: n, Max: n}); err != nil {
		return err
	}
	s, err := store.Open(dir)
	if err != nil {
		return err
	}
	path := os.Getenv("STORE_TEST_FILE")
	if _, err := s.Add(context.Background(), path, mine(1)); !errors.Is(err, unix.EFBIG) {
		return fmt.Errorf("Add: %v; want %v", err, unix.EFBIG)
	}
	return nil
}

func TestDiskFull(t *testing.T) {
	s := open(t)
	c := process(s, "full", "100000") // of 285870 bytes
	c.Env = append(c.Env, "STORE_TEST_FILE="+file(t, "m.onnx", onnx(t, 1)))
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	empty(t, s)
}

// TestLocked: who waits for the lock stops when told to.
func TestLocked(t *testing.T) {
	s := open(t)
	if _, err := s.Add(background, file(t, "m", onnx(t, 0)), mine(0)); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(s.Dir(), "lock"), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(background, 30*time.Millisecond)
	defer cancel()
	_, err = s.Add(ctx, file(t, "m", onnx(t, 0)), mine(0))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Add: %v", err)
	}
	if m, err := s.Lookup("mine"); err != nil || m.Name != "mine" { // reading takes no lock
		t.Errorf("Lookup: %v", err)
	}
}
