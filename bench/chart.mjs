// The charts: each figure's peers as bars, and how cost grows as lines.
import * as echarts from 'echarts';
import { median } from './figure.mjs';
import { number } from './table.mjs';

const WIDTH = 860;
const OURS = '#0b6bcb';
const OTHERS = '#9aa5b1';

// [[file name, svg], …]
export function draw({ figures }) {
  const compared = figures.filter(({ against, group }) => against.length && group !== 'growth');
  const charts = ['browser', 'native', 'edge'].map((group) => [group, compared.filter((row) => row.group === group)]);
  const lines = figures.filter(({ group }) => group === 'growth');
  return [
    ...charts.filter(([, rows]) => rows.length).map(([group, rows]) => [group, bars(rows)]),
    ...(lines.length ? [['growth', curves(lines)]] : []),
  ];
}

// One small chart below the other, so that each has a unit of its own.
function bars(rows) {
  const heights = rows.map(({ peers }) => 20 * Object.keys(peers).length + 40);
  const tops = heights.map((_, index) => 10 + heights.slice(0, index).reduce((sum, height) => sum + height, 0));
  return render(10 + heights.reduce((sum, height) => sum + height, 0), {
    title: rows.map((row, index) => ({
      text: `${row.title} (${row.unit}, ${row.better === 'less' ? 'less' : 'more'} is better)`, top: tops[index], left: 8, textStyle: { fontSize: 12 },
    })),
    grid: rows.map((_, index) => ({ left: 220, right: 110, top: tops[index] + 22, height: heights[index] - 40 })),
    xAxis: rows.map((_, gridIndex) => ({ gridIndex, type: 'value', show: false })),
    yAxis: rows.map(({ peers }, gridIndex) => ({ gridIndex, type: 'category', inverse: true, data: Object.keys(peers), axisTick: { show: false }, axisLine: { show: false } })),
    series: rows.map(({ peers }, index) => ({
      type: 'bar', xAxisIndex: index, yAxisIndex: index, barWidth: 12,
      data: Object.entries(peers).map(([peer, values]) => ({ value: median(values), itemStyle: { color: peer.startsWith('offloop') ? OURS : OTHERS } })),
      label: { show: true, position: 'right', formatter: ({ value }) => number(value) },
    })),
  });
}

// Each figure of growth: points of [size, value] by peer, both scales logarithmic.
function curves(rows) {
  const height = 260;
  return render(rows.length * height, {
    title: rows.map((row, index) => ({ text: `${row.title} (${row.unit})`, top: index * height + 8, left: 8, textStyle: { fontSize: 12 } })),
    // Without a browser the widths of letters are guessed, and too small.
    legend: { top: 8, right: 50 },
    grid: rows.map((_, index) => ({ left: 80, right: 60, top: index * height + 40, height: height - 90 })),
    xAxis: rows.map((row, gridIndex) => ({ gridIndex, type: 'log', name: row.axis, nameLocation: 'middle', nameGap: 26 })),
    yAxis: rows.map((_, gridIndex) => ({ gridIndex, type: 'log' })),
    series: rows.flatMap(({ points }, index) => Object.entries(points).map(([peer, line]) => ({
      name: peer, type: 'line', xAxisIndex: index, yAxisIndex: index, data: line, symbolSize: 6, color: peer.startsWith('offloop') ? OURS : OTHERS, lineStyle: { type: peer.includes(',') ? 'dashed' : 'solid' },
    }))),
  });
}

function render(height, option) {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  chart.setOption({ animation: false, backgroundColor: '#fff', textStyle: { fontFamily: 'sans-serif' }, ...option });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
