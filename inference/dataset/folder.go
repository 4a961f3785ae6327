package dataset

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// MaxFile is the most bytes of an image file that a Folder gives out.
const MaxFile = 64 << 20

// A Folder is an ImageFolder: a directory with a folder for each class, which
// holds the class's images. The files are read when they are asked for, each
// time.
type Folder struct {
	dir     string
	classes []string // names
	images  []entry  // the sample
	skipped int
}

// entry is one file.
type entry struct {
	id    string // folder/file
	label int
}

// OpenFolder lists the directory dir. The folders in it are the classes: sorted
// by name, their order is the label. With a class map, a CSV file of
// index,wnid,name such as imagenet-classes.csv, the folder wnid has that label
// and that name, whichever folders there are; one that the map does not have is
// an error.
//
// Images are the files of a class's folder whose names end in .jpg, .jpeg or
// .png, in any case. All else is left out and counted (Skipped): other files,
// files beside the classes, folders within them, and what begins with a dot. A
// class without an image is an error. Links are followed, since subsets of large
// collections are made of them; what is neither a file nor a folder is an error.
//
// It draws a stratified sample of n images, or takes all, sorted by class and
// name, where n is 0.
func OpenFolder(dir, classMap string, n int, seed uint64) (*Folder, error) {
	d := &Folder{dir: dir}
	files, err := d.list(classMap)
	if err != nil {
		return nil, fmt.Errorf("dataset folder: %w", err)
	}
	have := make([]int, len(files))
	for label := range files {
		have[label] = len(files[label])
	}
	items, err := stratified(have, n, seed)
	if err != nil {
		return nil, fmt.Errorf("dataset folder: %s: %w", dir, err)
	}
	d.images = make([]entry, len(items))
	for i, it := range items {
		d.images[i] = entry{id: files[it.class][it.index], label: it.class}
	}
	return d, nil
}

// list fills d.classes and returns the images of each label, as folder/file.
func (d *Folder) list(classMap string) ([][]string, error) {
	folders, err := d.folders()
	if err != nil {
		return nil, err
	}
	labels := make(map[string]int) // of a folder
	if classMap == "" {
		for i, name := range folders {
			labels[name] = i
		}
		d.classes = folders
	} else {
		classes, err := readClassMap(classMap)
		if err != nil {
			return nil, err
		}
		for i, c := range classes {
			labels[c.folder] = i
			d.classes = append(d.classes, c.name)
		}
	}
	files := make([][]string, len(d.classes))
	for _, name := range folders {
		label, ok := labels[name]
		if !ok {
			return nil, fmt.Errorf("%s: not in the class map %s", filepath.Join(d.dir, name), classMap)
		}
		if files[label], err = d.files(name); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// folders returns the names of the classes' folders, sorted.
func (d *Folder) folders() ([]string, error) {
	entries, err := os.ReadDir(d.dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		mode, err := modeOf(d.dir, e)
		if err != nil {
			return nil, err
		}
		if mode.IsDir() && !hidden(e.Name()) {
			names = append(names, e.Name())
		} else {
			d.skipped++
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s: no folder in it: want one for each class", d.dir)
	}
	return names, nil // ReadDir sorts
}

// files returns the images of a class's folder, sorted, as folder/file.
func (d *Folder) files(folder string) ([]string, error) {
	dir := filepath.Join(d.dir, folder)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, e := range entries {
		if hidden(e.Name()) || !isImage(e.Name()) {
			d.skipped++
			continue
		}
		mode, err := modeOf(dir, e)
		if err != nil {
			return nil, err
		}
		if mode.IsDir() {
			d.skipped++
			continue
		}
		ids = append(ids, path.Join(folder, e.Name()))
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("%s: no image in it: want .jpg, .jpeg or .png files", dir)
	}
	return ids, nil
}

// modeOf is what an entry is, or what it leads to. Neither a file nor a folder
// is an error: reading a pipe could wait for ever.
func modeOf(dir string, e fs.DirEntry) (fs.FileMode, error) {
	mode := e.Type()
	name := filepath.Join(dir, e.Name())
	if mode&fs.ModeSymlink != 0 {
		info, err := os.Stat(name)
		if err != nil {
			return 0, err
		}
		mode = info.Mode()
	}
	if !mode.IsRegular() && !mode.IsDir() {
		return 0, fmt.Errorf("%s: is %s: want files and folders", name, mode.Type())
	}
	return mode, nil
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") }

func isImage(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".jpg", ".jpeg", ".png":
		return true
	}
	return false
}

// Name returns the name of the directory.
func (d *Folder) Name() string {
	if abs, err := filepath.Abs(d.dir); err == nil {
		return filepath.Base(abs)
	}
	return cmp.Or(filepath.Base(d.dir), "folder")
}

// Len returns the number of images.
func (d *Folder) Len() int { return len(d.images) }

// Classes returns the names of the classes; the index is the label.
func (d *Folder) Classes() []string { return slices.Clone(d.classes) }

// Labelled returns true.
func (d *Folder) Labelled() bool { return true }

// Skipped returns how many entries of the directory and of its folders were left
// out, because they are no images.
func (d *Folder) Skipped() int { return d.skipped }

// Sample returns image i, 0 ≤ i < Len: the file as it is. Its ID is folder/file.
// A file that does not begin as a JPEG or PNG file does is an error.
func (d *Folder) Sample(i int) (Sample, error) {
	if i < 0 || i >= len(d.images) {
		return Sample{}, fmt.Errorf("folder %s: no image %d: want 0 to %d", d.dir, i, len(d.images)-1)
	}
	img := d.images[i]
	name := filepath.Join(d.dir, filepath.FromSlash(img.id))
	data, err := readFile(name, MaxFile)
	if err != nil {
		return Sample{}, fmt.Errorf("folder %s: %w", d.dir, err)
	}
	if !isJPEG(data) && !isPNG(data) {
		return Sample{}, fmt.Errorf("folder %s: %s: not a JPEG or PNG file", d.dir, name)
	}
	return Sample{ID: img.id, Label: img.label, Image: data}, nil
}

func isJPEG(file []byte) bool { return bytes.HasPrefix(file, []byte("\xff\xd8")) }

func isPNG(file []byte) bool { return bytes.HasPrefix(file, []byte("\x89PNG\r\n\x1a\n")) }
