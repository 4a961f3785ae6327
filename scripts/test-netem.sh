#!/bin/sh
# Runs tests on a kernel that has netem, whatever this machine's has: Debian's
# User-Mode Linux, which is a program, boots in seconds and sees this machine's
# files.
#
#   scripts/test-netem.sh [PACKAGE[:PATTERN]]...
#
# Without arguments: what is tested there by `make test-netem`. PATTERN is that
# of go test -run; packages are directories of this repository.
#
# It needs no root. linux.uml, its modules and modprobe are those installed, or
# else fetched with apt into $TESTBED_CACHE (the user's cache directory/testbed
# if it is not set), where they stay. TESTBED_UML names another directory with
# usr/bin/linux.uml and usr/lib/uml/modules. Nothing else is left behind.
# TESTBED_NETEM_TIMEOUT is how many seconds the tests may take (300).
set -eu

[ $# -gt 0 ] || set -- emulator/tc/wire emulator/tc emulator/cgroup emulator/worldtest:TestNetem

root=$(cd "$(dirname "$0")/.." && pwd)
limit=${TESTBED_NETEM_TIMEOUT:-300}

die() {
	echo "test-netem: $*" >&2
	exit 1
}

tmp=$(mktemp -d) || die "cannot make a temporary directory"
memory=
uml=
show=
watchdog=
finish() {
	status=$?
	trap '' INT TERM
	[ -z "$watchdog" ] || kill -s KILL -- "-$watchdog" 2>/dev/null || :
	[ -z "$uml" ] || kill -s KILL -- "-$uml" 2>/dev/null || :
	[ -z "$show" ] || kill "$show" 2>/dev/null || :
	wait
	[ -z "$memory" ] || rm -rf "$memory"
	rm -rf "$tmp"
	exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# The same directory as os.UserCacheDir in Go.
cache=${TESTBED_CACHE:-${XDG_CACHE_HOME:-${HOME:?set HOME, XDG_CACHE_HOME or TESTBED_CACHE}/.cache}/testbed}

# Options of apt. A machine that was just made has no lists of packages, and
# only root may write them where they belong: then they are fetched, too.
apt=
find_packages() {
	command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null ||
		die "no linux.uml, and no apt-get to fetch it: install user-mode-linux, or set TESTBED_UML"
	[ -z "$apt" ] && ! apt-cache show user-mode-linux >/dev/null 2>&1 || return 0
	apt="-o Dir::State::Lists=$tmp/lists -o Dir::Cache=$tmp/cache"
	mkdir -p "$tmp/lists/partial" "$tmp/cache/archives/partial"
	chmod 755 "$tmp"
	apt-get $apt update >"$tmp/apt.log" 2>&1 && apt-cache $apt show user-mode-linux >/dev/null 2>&1 ||
		die "apt knows no package user-mode-linux: $(grep '^[EW]:' "$tmp/apt.log" | head -n 1)"
}

# fetch DIRECTORY PACKAGE... unpacks packages there, in one step.
fetch() {
	to=$1
	shift
	echo "test-netem: fetching $*" >&2
	mkdir -p "$cache" || die "cannot make $cache: set TESTBED_CACHE to a directory that can be written"
	mkdir "$tmp/debs" "$tmp/unpacked"
	(cd "$tmp/debs" && apt-get $apt download "$@") >"$tmp/apt.log" 2>&1 ||
		die "apt-get download $* did not work: $(grep '^E:' "$tmp/apt.log" | head -n 1); is there a network?"
	for deb in "$tmp"/debs/*.deb; do
		dpkg-deb -x "$deb" "$tmp/unpacked" || die "cannot unpack $deb"
	done
	staged=$(mktemp -d "$cache/.test-netem.XXXXXX") || die "cannot write in $cache"
	cp -a "$tmp/unpacked/." "$staged" && chmod 755 "$staged" && rm -rf "$to" && mv "$staged" "$to" ||
		{ rm -rf "$staged"; die "cannot move packages to $to"; }
	rm -rf "$tmp/debs" "$tmp/unpacked"
}

# depends PACKAGE... prints the libraries that they need besides libc's.
depends() {
	apt-cache $apt depends --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances "$@" 2>/dev/null |
		awk '/Depends: [^<]/ && !/libc6/ { print $2 }' | sort -u
}

if [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ]; then
	# Nobody could mend that.
	echo "test-netem: nothing tested: User-Mode Linux runs on Linux on x86-64, this is $(uname -s) on $(uname -m)" >&2
	exit 0
fi

if [ -n "${TESTBED_UML:-}" ]; then
	tree=$TESTBED_UML
elif [ -x /usr/bin/linux.uml ] && [ -d /usr/lib/uml/modules ]; then
	tree=
else
	tree=$cache/user-mode-linux
	[ -x "$tree/usr/bin/linux.uml" ] || { find_packages && fetch "$tree" user-mode-linux; }
fi
[ -x "$tree/usr/bin/linux.uml" ] || die "$tree/usr/bin/linux.uml: there is none"

modprobe=$(PATH=$PATH:/usr/sbin:/sbin command -v modprobe || :)
libraries=
if [ -z "$modprobe" ]; then
	tools=$cache/kmod
	if [ ! -e "$tools/modprobe" ]; then
		find_packages
		# shellcheck disable=SC2046 # each is a word
		fetch "$tools" kmod $(depends kmod libkmod2)
		for kmod in "$tools/bin/kmod" "$tools/usr/bin/kmod"; do
			[ ! -x "$kmod" ] || ln -s "$kmod" "$tools/modprobe"
		done
	fi
	modprobe=$tools/modprobe
	libraries=$tools/lib/x86_64-linux-gnu:$tools/usr/lib/x86_64-linux-gnu
fi

# The memory of the kernel is a file that must be executable; on a disk it
# would be slow.
roomy() {
	[ -d "$1" ] && [ -w "$1" ] && [ "$(df -Pk "$1" | awk 'NR == 2 { print $4 }')" -gt 1200000 ] || return 1
	memory=$(mktemp -d "$1/test-netem.XXXXXX") || return 1
	cp /bin/true "$memory/true" && "$memory/true" 2>/dev/null && return 0
	rm -rf "$memory"
	memory=
	return 1
}
roomy /dev/shm || roomy "$tmp" || die "no directory with 1.2 GB to run from: set TMPDIR"

# Where the guest may write: not over anything that it reads.
scratch=
for dir in /run /mnt /srv /media; do
	case "$root/ $tree/ $tmp/ $cache/ " in *"$dir/"*) continue ;; esac
	[ ! -d "$dir" ] || { scratch=$dir && break; }
done
[ -n "$scratch" ] || die "no empty directory to mount on: want one of /run, /mnt, /srv and /media"

cd "$root"
n=0
for spec in "$@"; do
	n=$((n + 1))
	package=${spec%%:*}
	package=${package#./}
	pattern=${spec#"${spec%%:*}"}
	pattern=${pattern#:}
	pattern=${pattern:-.}
	CGO_ENABLED=0 go test -c -o "$tmp/test.$n" "./$package" || die "$package does not build"
	[ -e "$tmp/test.$n" ] && (cd "$package" && "$tmp/test.$n" -test.list "${pattern%%/*}") | grep -q '^Test' ||
		die "$package has no tests that match '$pattern'"
	cat >>"$tmp/tests" <<TESTS
cd '$root/$package'
echo "=== $package"
'$tmp/test.$n' -test.v -test.timeout ${limit}s -test.run '$pattern' || failed=1
TESTS
done

cat >"$tmp/init" <<INIT
#!/bin/sh
# The first process of the guest.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup 2>/dev/null
mount -t tmpfs tmpfs '$scratch'
mkdir -p '$scratch/tmp' '$scratch/modules/lib/modules'
release=\$(uname -r)
ln -s '$tree'/usr/lib/uml/modules/"\$release" '$scratch/modules/lib/modules/'
cd /
for module in sch_netem sch_htb sch_tbf sch_codel sch_ingress cls_u32 act_mirred ifb veth tun; do
	LD_LIBRARY_PATH='$libraries' '$modprobe' -d '$scratch/modules' \$module || echo "no module \$module"
done
echo 4 >/proc/sys/kernel/printk
export TMPDIR='$scratch/tmp' HOME='$scratch/tmp' USER=root
export TESTBED_NEED=netns,veth,relay,htb,tbf,netem,codel,ifb,ingress
# netem takes a seed from Linux 6.6 on.
first=\$(printf '6.6\n%s\n' "\$release" | sort -V | head -n 1)
[ "\$first" != 6.6 ] || TESTBED_NEED=\$TESTBED_NEED,netem-seed
failed=0
echo @begin
echo "kernel \$release"
. '$tmp/tests'
echo @end
echo \$failed >'$tmp/status'
sync
echo o >/proc/sysrq-trigger
sleep 60
INIT
chmod 755 "$tmp/init"

mkfifo "$tmp/console"
# The line breaks are a terminal's; what the tests begin is no news.
sed -u -e 's/\r$//' -e '1,/^@begin/d' -e '/^@end/,$d' -e '/^=== \(RUN\|PAUSE\|CONT\|NAME\)/d' <"$tmp/console" &
show=$!
TMPDIR=$memory HOME=$tmp setsid "$tree/usr/bin/linux.uml" mem=1024M uml_dir="$tmp" umid=test-netem \
	rootfstype=hostfs rootflags=/ rw init="$tmp/init" con=null con0=null,fd:1 con1=null quiet \
	</dev/null >"$tmp/console" 2>"$tmp/kernel.log" &
uml=$!
setsid sh -c 'sleep "$1" && echo "test-netem: still running after $1 seconds" >&2 && kill -s KILL -- "-$2"' watchdog "$limit" "$uml" &
watchdog=$!
wait "$uml" || :
wait "$show" || :
[ -e "$tmp/status" ] || {
	tail -n 20 "$tmp/kernel.log" >&2
	die "the kernel ended before the tests did: its last words are above"
}
[ "$(cat "$tmp/status")" = 0 ] || die "tests failed"
