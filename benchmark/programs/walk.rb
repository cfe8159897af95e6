# Globs a tree, counts the words of every file, and writes a report: what a build script does.
require 'digest'

files = Dir.glob('/tree/**/*').select { |path| File.file?(path) }.sort
words = Hash.new(0)
bytes = 0
rows = files.map do |path|
  text = File.binread(path)
  bytes += text.bytesize
  text.scan(/[A-Za-z_]+/) { |word| words[word] += 1 }
  "#{File.size(path).to_s.rjust(8)} #{Digest::MD5.hexdigest(text)} #{path}\n"
end
File.write('/out/report.txt', rows.join)

$stdout.puts "ruby #{RUBY_VERSION}: #{files.size} files, #{bytes} bytes"
words.sort_by { |word, count| [-count, word] }.first(5).each { |word, count| $stdout.puts "#{count.to_s.rjust(8)} #{word}" }
$stdout.flush
