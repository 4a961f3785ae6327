package dataset_test

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/testbed/testbed/inference/dataset"
)

// folder makes a directory with files; a name that ends in / is a folder.
func folder(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if strings.HasSuffix(name, "/") {
			path = filepath.Join(path, "x")
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, "/") {
			write(t, path, onePixel(t))
		}
	}
	return dir
}

func write(t *testing.T, path string, file []byte) {
	t.Helper()
	if err := os.WriteFile(path, file, 0o644); err != nil {
		t.Fatal(err)
	}
}

func onePixel(t *testing.T) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := png.Encode(&buf, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// labels are the images of a dataset, as "ID:label".
func labels(t *testing.T, d dataset.Dataset) (all []string) {
	t.Helper()
	for i := range d.Len() {
		s, err := d.Sample(i)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s.ID+":"+d.Classes()[s.Label])
	}
	return all
}

func TestFolder(t *testing.T) {
	dir := folder(t, "b/2.png", "b/10.PNG", "a/x.jpg", "C/y.jpeg", // byte order: C, a, b
		"README.md", ".git/z.png", "a/notes.txt", "a/.hidden.png", "a/deeper/u.png", "b/name.png/v.png")
	d, err := dataset.OpenFolder(dir, "", 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"C/y.jpeg:C", "a/x.jpg:a", "b/10.PNG:b", "b/2.png:b"}, labels(t, d)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if d.Skipped() != 6 { // README.md, .git, and of a and b two folders, two files
		t.Errorf("%d skipped, want 6", d.Skipped())
	}
	if d.Name() != filepath.Base(dir) || !d.Labelled() {
		t.Errorf("name %q, labelled %v; want %q, true", d.Name(), d.Labelled(), filepath.Base(dir))
	}
	for _, i := range []int{-1, 4} {
		if _, err := d.Sample(i); err == nil {
			t.Errorf("Sample(%d) of 4: no error", i)
		}
	}
}

// TestFolderOfLinks: a subset made of links is as good as its files.
func TestFolderOfLinks(t *testing.T) {
	whole, subset := folder(t, "n1/a.png", "n2/b.png"), folder(t, "n1/")
	for old, name := range map[string]string{
		filepath.Join(whole, "n1", "a.png"): filepath.Join(subset, "n1", "link.png"),
		filepath.Join(whole, "n2"):          filepath.Join(subset, "n2"),
	} {
		if err := os.Symlink(old, name); err != nil {
			t.Fatal(err)
		}
	}
	d, err := dataset.OpenFolder(subset, "", 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"n1/link.png:n1", "n2/b.png:n2"}, labels(t, d)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestFolderWithClassMap: labels are the map's, though folders are missing.
func TestFolderWithClassMap(t *testing.T) {
	dir := folder(t, "n3/c.png", "n1/a.png")
	classes := filepath.Join(t.TempDir(), "classes.csv")
	write(t, classes, []byte("index,wnid,name\n0,n1,\"tench, Tinca tinca\"\n1,n2,goldfish\n2,n3,shark\n"))
	d, err := dataset.OpenFolder(dir, classes, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"tench, Tinca tinca", "goldfish", "shark"}, d.Classes()); diff != "" {
		t.Errorf("classes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"n1/a.png:tench, Tinca tinca", "n3/c.png:shark"}, labels(t, d)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestFolderRefuses(t *testing.T) {
	good := func(t *testing.T) string { return folder(t, "a/x.png", "b/y.png") }
	for _, tt := range []struct {
		name, want string
		dir        func(t *testing.T) string
	}{
		{"no such directory", "no such file", func(t *testing.T) string { return filepath.Join(t.TempDir(), "none") }},
		{"an empty one", "no folder in it: want one for each class", func(t *testing.T) string { return t.TempDir() }},
		{"only files", "no folder in it", func(t *testing.T) string { return folder(t, "x.png") }},
		{"a class without images", "b: no image in it: want .jpg, .jpeg or .png files", func(t *testing.T) string { return folder(t, "a/x.png", "b/") }},
		{"a class of other files", "b: no image in it", func(t *testing.T) string { return folder(t, "a/x.png", "b/x.gif") }},
		{"a dangling link", "b/z.png", func(t *testing.T) string {
			dir := good(t)
			symlink(t, filepath.Join(dir, "none"), filepath.Join(dir, "b", "z.png"))
			return dir
		}},
		{"a link to itself", "b/z.png", func(t *testing.T) string {
			dir := good(t)
			symlink(t, "z.png", filepath.Join(dir, "b", "z.png"))
			return dir
		}},
		{"a link to a device", "b/z.png: is Dc---------: want files and folders", func(t *testing.T) string {
			dir := good(t)
			symlink(t, "/dev/zero", filepath.Join(dir, "b", "z.png"))
			return dir
		}},
		{"a pipe", "b/z.png: is p---------", func(t *testing.T) string {
			dir := good(t)
			if err := syscall.Mkfifo(filepath.Join(dir, "b", "z.png"), 0o600); err != nil {
				t.Skip(err)
			}
			return dir
		}},
	} {
		if _, err := dataset.OpenFolder(tt.dir(t), "", 0, 1); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v; want an error with %q", tt.name, err, tt.want)
		}
	}
}

func symlink(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(to, name); err != nil {
		t.Fatal(err)
	}
}

// TestFolderSampleRefuses: what is no image, or is gone, is an error that names
// the file, when it is asked for.
func TestFolderSampleRefuses(t *testing.T) {
	dir := folder(t, "a/1.png", "a/2.png", "a/3.jpg")
	d, err := dataset.OpenFolder(dir, "", 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(t.TempDir(), "secret")
	write(t, secret, []byte("root:x:0:0"))
	for _, name := range []string{"1.png", "2.png", "3.jpg"} {
		if err := os.Remove(filepath.Join(dir, "a", name)); err != nil {
			t.Fatal(err)
		}
	}
	symlink(t, secret, filepath.Join(dir, "a", "2.png"))
	huge, err := os.Create(filepath.Join(dir, "a", "3.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	defer huge.Close()
	if err := huge.Truncate(dataset.MaxFile + 1); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"a/1.png: no such file", "a/2.png: not a JPEG or PNG file", "a/3.jpg: 67108865 bytes: want at most 67108864"} {
		if _, err := d.Sample(i); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("image %d: %v; want an error with %q", i, err, want)
		}
	}
}

func TestClassMapRefuses(t *testing.T) {
	dir := folder(t, "n1/a.png")
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", "", "classes.csv: no class: want lines of index,wnid,name"},
		{"a heading alone", "index,wnid,name\n", "no class"},
		{"a path", "0,../n1,x\n", `classes.csv:1: wnid "../n1": want the name of a folder`},
		{"a path within", "0,n1/..,x\n", `wnid "n1/.."`},
		{"an absolute path", "0,/etc,x\n", `wnid "/etc"`},
		{"the folder above", "0,..,x\n", `wnid ".."`},
		{"the folder itself", "0,.,x\n", `wnid "."`},
		{"no folder", "0,,x\n", `wnid ""`},
		{"no name", "0,n1,\n", `wnid "n1": no name`},
		{"a gap", "0,n1,x\n2,n2,y\n", `classes.csv:2: index "2": want 1, the next`},
		{"not a number", "index,wnid,name\none,n1,x\n", `classes.csv:2: index "one": want 0`},
		{"a folder twice", "0,n1,x\n1,n1,y\n", `classes.csv:2: wnid "n1" a second time`},
		{"two columns", "0,n1\n", "want lines of index,wnid,name"},
		{"an open quote", "0,n1,\"x\n", "want lines of index,wnid,name"},
		{"not the folder's", "0,n2,x\n", "n1: not in the class map"},
	} {
		classes := filepath.Join(t.TempDir(), "classes.csv")
		write(t, classes, []byte(tt.text))
		if _, err := dataset.OpenFolder(dir, classes, 0, 1); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v; want an error with %q", tt.name, err, tt.want)
		}
	}
}

// TestImageNetSample: the real thing.
func TestImageNetSample(t *testing.T) {
	d, err := dataset.Open(dataset.Spec{Name: "folder", Path: data(t, "imagenet-sample"), Classes: data(t, "imagenet-classes.csv"), Images: 100, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	if d.Len() != 100 || len(d.Classes()) != 1000 || d.Classes()[1] != "goldfish, Carassius auratus" || d.Name() != "imagenet-sample" {
		t.Errorf("%s: %d images, %d classes, the second %q", d.Name(), d.Len(), len(d.Classes()), d.Classes()[1])
	}
	seen := make(map[int]bool)
	for i := range 100 {
		s, err := d.Sample(i)
		if err != nil {
			t.Fatal(err)
		}
		seen[s.Label] = true
	}
	if len(seen) != 100 {
		t.Errorf("%d classes in 100 images, want 100: one of each", len(seen))
	}
	// Of every 25th class only: the labels are still those of all.
	some, err := dataset.OpenFolder(data(t, "imagenet-sample-original"), data(t, "imagenet-classes.csv"), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range some.Len() {
		s, err := some.Sample(i)
		if err != nil || s.Label != 25*i {
			t.Errorf("%s: label %d (%v), want %d", s.ID, s.Label, err, 25*i)
		}
	}
}
