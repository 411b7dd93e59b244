#!/bin/sh
# Starts whittle from the folder this script is in, on Java 25 or newer.
home=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

# Succeeds if $1 is the folder of a JDK or JRE of version 25 or newer, going by its release file. Sets
# java_home, java_version (such as 25.0.1) and feature (such as 25).
is_java() {
  [ -x "$1/bin/java" ] && [ -r "$1/release" ] || return 1
  java_version=
  while IFS= read -r line; do
    case $line in JAVA_VERSION=*) java_version=${line#*=} ;; esac
  done < "$1/release"
  java_version=${java_version#\"}
  java_version=${java_version%%\"*}
  feature=${java_version%%[!0-9]*}
  [ "${feature:-0}" -ge 25 ] || return 1
  java_home=$1
}

# JAVA_HOME and the PATH are the user's choice. Among installed ones, 25 is the version we test with.
find_java() {
  is_java "${JAVA_HOME:-}" && return 0
  on_path=$(command -v java 2>/dev/null)
  if [ -n "$on_path" ]; then
    on_path=$(readlink -f "$on_path" 2>/dev/null || echo "$on_path")
    is_java "${on_path%/bin/java}" && return 0
  fi
  newer=
  for candidate in \
      /usr/lib/jvm/* /usr/java/* /opt/java/* /opt/jdk* "$HOME"/.sdkman/candidates/java/* \
      "$HOME"/.jdks/* "$HOME"/.asdf/installs/java/* \
      /Library/Java/JavaVirtualMachines/*/Contents/Home \
      "$HOME"/Library/Java/JavaVirtualMachines/*/Contents/Home; do
    is_java "$candidate" || continue
    [ "$feature" -eq 25 ] && return 0
    newer=${newer:-$candidate}
  done
  is_java "$newer"
}

if ! find_java; then
  echo "whittle: found no Java 25 or newer: install it (https://adoptium.net) or set JAVA_HOME" >&2
  exit 2
fi

class_path=
for jar in "$home"/lib/*.jar; do
  class_path=$class_path${class_path:+:}$jar
done

# Options that the cache and the run must agree on. Without safepoints in counted loops, which Serial
# does not ask for, the compiler keeps sums of products in memory. Newer versions may drop some options.
options="-XX:+IgnoreUnrecognizedVMOptions --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow
    -XX:+UseSerialGC -XX:+UseCountedLoopSafepoints -XX:LoopStripMiningIter=1000 -Djava.awt.headless=true -Xlog:disable -Xlog:all=off"

# Commands that run models use the Vector API, of which the virtual machine says that it is new.
# Inspecting and helping are over before what the second compiler makes would pay.
cache=$home/whittle-$java_version.aot
example=inspect
case ${1:-} in
  run | bench | evaluate | doctor | optimize | convert | experiment | classify | serve)
    options="$options --add-modules=jdk.incubator.vector"
    cache=$home/whittle-vector-$java_version.aot
    example="run --input=sample.npy"
    ;;
  inspect | -* | "") options="$options -XX:TieredStopAtLevel=1" ;;
esac

# TensorFlow tells much about itself; errors remain.
export TF_CPP_MIN_LOG_LEVEL="${TF_CPP_MIN_LOG_LEVEL:-2}"

# Classes loaded and linked ahead of time, as an example needs them, for this version of Java. The first
# start makes it: only later ones are faster.
if [ ! -f "$cache" ] && [ -w "$home" ]; then
  # shellcheck disable=SC2086 # the options are words
  if (cd "$home" && exec "$java_home/bin/java" "-XX:AOTCacheOutput=$cache.$$" $options \
      -cp "$class_path" dev.whittle.cli.Main $example sample.tflite) >/dev/null 2>&1
  then
    mv -f "$cache.$$" "$cache"
  else
    rm -f "$cache.$$" "$cache.$$.config"
  fi
fi
[ -f "$cache" ] || cache=
# shellcheck disable=SC2086
exec "$java_home/bin/java" ${cache:+"-XX:AOTCache=$cache"} $options -cp "$class_path" \
    dev.whittle.cli.Main "$@"
