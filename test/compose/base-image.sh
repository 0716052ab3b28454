#!/usr/bin/env bash
# Makes a base image of this machine's own Debian packages, for machines that can pull none: it stands in for each image
# that the compose file names.  usage: base-image.sh <name> <node_modules with node and pnpm>
set -euo pipefail
readonly name=$1 tools=$2
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

wanted=(base-files dash bash coreutils findutils grep sed gawk mawk hostname util-linux tar gzip libc-bin passwd ca-certificates
  postgresql postgresql-client redis-server redis-tools nginx-light nginx-core nginx)
# Of these packages, those that are installed: none of the virtual ones.
installed() {
  dpkg-query -W -f '${db:Status-Status} ${binary:Package}\n' "$@" 2>/dev/null | awk '$1 == "installed" { print $2 }' || true
}
mapfile -t named < <(installed "${wanted[@]}")
mapfile -t related < <(apt-cache depends --recurse --installed --no-recommends --no-suggests --no-conflicts --no-breaks \
  --no-replaces --no-enhances "${named[@]}" | grep -E '^[a-z0-9]' | sort -u)
mapfile -t packages < <(installed "${related[@]}")

root=$work/root
mkdir -p "$root"/{etc,proc,sys,dev,run,usr/bin,usr/sbin,usr/lib,usr/lib64,usr/local/bin,usr/local/lib,var/lib,var/cache,root}
mkdir -m 1777 "$root/tmp" "$root/var/tmp"
for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$root/$folder"; done
ln -s /run "$root/var/run"
# Of files and links only: folders come with them. Debian's packages still name /bin and /lib, which are links today.
dpkg-query -L "${packages[@]}" | grep -vE '^/(var/run$|usr/share/(doc|man|locale|info|i18n|perl)|etc/(systemd|init\.d))/|^package diverts' |
  sed -E 's,^/(bin|sbin|lib|lib64)/,/usr/\1/,' | sort -u | while read -r file; do
  [[ -d $file && ! -L $file ]] || [[ ! -e $file && ! -L $file ]] || printf '%s\n' "${file#/}"
done >"$work/files"
find /etc/alternatives /etc/ssl/certs -type l,f | sed 's,^/,,' >>"$work/files"
for link in awk pager; do [[ ! -L /usr/bin/$link ]] || echo "usr/bin/$link" >>"$work/files"; done
tar -C / --ignore-failed-read -cf - -T "$work/files" 2>/dev/null | tar -C "$root" -xf - --keep-directory-symlink
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
cp -r "$tools" "$root/usr/local/lib/tools"
for program in node pnpm; do ln -s "../lib/tools/.bin/$program" "$root/usr/local/bin/$program"; done
for program in "$root"/usr/lib/postgresql/*/bin/*; do ln -sf "${program#"$root"}" "$root/usr/local/bin/"; done
cp "$here/postgres-entrypoint.sh" "$root/usr/local/bin/"
cp /usr/share/base-passwd/passwd.master "$root/etc/passwd"
cp /usr/share/base-passwd/group.master "$root/etc/group"
sed -i 's/^\([^:]*\):[^:]*:/\1:x:/' "$root/etc/passwd"
echo 'postgres:x:999:999::/var/lib/postgresql:/bin/bash' >>"$root/etc/passwd"
echo 'postgres:x:999:' >>"$root/etc/group"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
ln -sf dash "$root/usr/bin/sh"
ldconfig -r "$root"
tar -C "$root" -c . | docker import -c 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt' - "$name" >/dev/null
docker build --quiet --tag "$name-postgres" - >/dev/null <<EOF
FROM $name
ENTRYPOINT ["postgres-entrypoint.sh"]
EOF
