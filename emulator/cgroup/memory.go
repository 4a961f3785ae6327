//go:build linux

package cgroup

import "github.com/testbed/testbed/emulator/unit"

// MemoryLeft returns how much memory the groups of this process, and those above
// them, leave to it: their limits less what they hold, but for files that the
// kernel can drop. limited is false if no group has a limit, or none can be read.
func MemoryLeft() (left unit.Bytes, limited bool, err error) {
	all, err := hierarchies("/proc")
	if err != nil {
		return 0, false, err
	}
	left, limited = memoryLeft(all)
	return left, limited, nil
}

// unlimited is above what version 1 says where there is no limit: the largest
// number of whole pages.
const unlimited = 1 << 60

// memoryLeft is the least that any group leaves.
func memoryLeft(all []hierarchy) (left unit.Bytes, limited bool) {
	one, two := with(all, "memory")
	least := func(dir, limit, used, droppable string) {
		most, err := number(dir, limit)
		if err != nil || most < 0 || most >= unlimited {
			return
		}
		held, err := number(dir, used)
		if err != nil {
			return
		}
		if stat, err := table(dir, "memory.stat"); err == nil {
			held -= min(held, stat[droppable])
		}
		free := unit.Bytes(max(0, most-held))
		if !limited || free < left {
			left, limited = free, true
		}
	}
	if one != nil {
		for _, dir := range one.upwards() {
			least(dir, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
		}
	}
	if two != nil {
		for _, dir := range two.upwards() {
			least(dir, "memory.max", "memory.current", "inactive_file")
			least(dir, "memory.high", "memory.current", "inactive_file")
		}
	}
	return left, limited
}
